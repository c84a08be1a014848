"""Several generators share a queue, and each page tells of its own jobs."""

from dataclasses import replace
from pathlib import Path

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.studio.job_folder import STOP, STOPPED
from ganmend.studio.jobs_of import JobsOf
from ganmend.workbench.request import MendRequest
from tests.studio.fakes import FakeJobs

FIRST, SECOND = GeneratorSource("first.pth"), GeneratorSource("second.pth")


def test_a_page_knows_the_jobs_of_its_generator_and_no_other(tmp_path: Path) -> None:
    queue = FakeJobs(tmp_path)
    first, second = (JobsOf(queue, source) for source in (FIRST, SECOND))  # type: ignore[arg-type]
    request = MendRequest("repair", "frog", FIRST)
    mine, other = first.submit(request, by="ann"), second.submit(replace(request, generator=SECOND))
    assert [job.name for job in first.all()] == [mine]
    assert [job.name for job in second.all()] == [other]
    assert first.job(mine) == queue.jobs[mine]
    assert first.job(other) is None
    assert queue.jobs[mine].by == "ann"
    first.stop(other)
    assert queue.stopped == []
    first.stop(mine)
    assert queue.stopped == [mine]


@pytest.mark.parametrize("asked", [STOP, STOPPED])
def test_a_job_that_is_to_end_does_not_serve_who_asks_for_the_same(asked: str, tmp_path: Path) -> None:
    queue, request = FakeJobs(tmp_path), MendRequest("repair", "frog", FIRST)
    jobs = JobsOf(queue, FIRST)  # type: ignore[arg-type]
    name = jobs.submit(request)
    assert jobs.under_way(request) == name
    assert jobs.under_way(replace(request, target="cat")) is None
    queue.jobs[name].directory.mkdir(parents=True)
    (queue.jobs[name].directory / asked).touch()
    assert jobs.under_way(request) is None
