"""What the page says of a job in each of its states."""

import time
from pathlib import Path

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.studio.words import announced, headline, lasting, listed, time_of, to_stop
from ganmend.workbench.request import MendRequest
from tests.studio.fakes import FakeJob, FakeProgress

JOB = FakeJob("job-0", MendRequest("repair", "frog", GeneratorSource("demo")), Path())


def job(**changes: object) -> FakeJob:
    return FakeJob(**{**JOB.__dict__, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"place": 1}, "frog waits: it is next"),
        ({"place": 3}, "frog waits: it is number 3 in the queue"),
        ({"state": "running", "place": 0}, "Repairing frog: getting ready"),
        ({"state": "running", "progress": FakeProgress()}, "Repairing frog: searching, 40 of 120"),
        ({"state": "done"}, "frog is done"),
        ({"state": "cancelled"}, "frog was cancelled before it began"),
        ({"state": "failed", "message": "no photographs"}, "frog failed: no photographs"),
    ],
)
def test_a_headline_says_what_becomes_of_a_job(changes: dict[str, object], said: str) -> None:
    assert headline(job(**changes)) == said


def test_what_is_read_aloud_changes_with_the_quarter_and_not_with_each_step() -> None:
    at = [announced(job(state="running", progress=FakeProgress(done=done))) for done in (0, 29, 30, 31, 59, 60, 120)]
    assert at[0] == at[1] == "Repairing frog: searching"
    assert at[2] == at[3] == at[4] == "Repairing frog: searching, a quarter is done"
    assert at[5].endswith("half is done")
    assert len(set(at)) == 4


def test_time_is_told_as_far_as_it_is_known() -> None:
    assert time_of(job(progress=FakeProgress(seconds=12, seconds_left=None))) == "12 seconds so far"
    assert (
        time_of(job(progress=FakeProgress(seconds=12, seconds_left=200))) == "12 seconds so far, about 3 minutes left"
    )
    assert time_of(job(progress=None)) == ""
    assert [lasting(seconds) for seconds in (1, 89, 90, 7200)] == ["1 second", "89 seconds", "2 minutes", "2.0 hours"]


def test_a_listed_job_says_its_class_task_state_and_time() -> None:
    now = time.time()
    clock = time.strftime("%H:%M", time.localtime(now))
    assert listed(job(state="done", created=now)) == f"frog, repair — done, {clock}"
    assert listed(job(place=2, created=now)) == f"frog, repair — number 2 in the queue, {clock}"
    assert listed(job(state="done", created=now - 1e6)).endswith(
        time.strftime("%d %b %H:%M", time.localtime(now - 1e6))
    )


def test_a_button_says_what_is_kept() -> None:
    assert to_stop(job()) == "Cancel"
    assert "keep the best" in to_stop(job(state="running", progress=FakeProgress()))
    assert "without a verdict" in to_stop(job(state="running", progress=FakeProgress("judging")))
