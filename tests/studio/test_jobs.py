"""A job as the files of its folder tell of it: what was written comes back, and nothing else is believed."""

import json
import os
from dataclasses import replace

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.errors import OutputError
from ganmend.search.config import PRESETS
from ganmend.studio import job_folder
from ganmend.studio.job_folder import (
    ASKED,
    ENDED,
    LARGEST,
    PROGRESS,
    JobReader,
    read_job,
    read_progress,
    write_end,
    write_job,
    write_progress,
)
from ganmend.studio.jobs import LIVE, OVER, JobProgress
from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.request import MendRequest

REQUEST = MendRequest(
    "repair", "frog", GeneratorSource("demo"), seed=3, config=replace(PRESETS["default"], steps=7),
    class_map={5: "bullfrog"}, images=FolderTarget({"frog": "photographs"}),
)  # fmt: skip
RECORD = {"step": 10, "trial": 1, "objective": -0.5}
TOLD = JobProgress("searching", 3, 7, 1.5, 2.5, 0.25, 0.75, (RECORD,))


@pytest.fixture
def folder(tmp_path):
    directory = tmp_path / "20261126-151200-frog-3f2a"
    directory.mkdir()
    write_job(directory, REQUEST, created=12.5, by="ann")
    return directory


def test_what_was_asked_for_comes_back(folder, monkeypatch, tmp_path):
    job = read_job(folder)
    asked = json.loads(json.dumps(REQUEST.as_dict()))  # names of a map are text in JSON
    assert json.loads(json.dumps(job.request.as_dict())) == asked
    assert (job.name, job.state, job.place, job.created, job.by) == (folder.name, "waiting", 0, 12.5, "ann")
    assert (job.progress, job.message, job.directory, job.folder) == (None, "", folder, os.getcwd())
    assert (job.result_directory, job.live_picture) == (folder / "run", None)


@pytest.mark.parametrize("state", OVER)
def test_how_it_ended_comes_back(folder, state):
    write_end(folder, state, "why")
    assert (read_job(folder).state, read_job(folder).message) == (state, "why")


@pytest.mark.parametrize("told", [TOLD, JobProgress("loading", 0, 1, 0.0)], ids=["all", "little"])
def test_how_far_it_is_comes_back(folder, told):
    write_progress(folder, told)
    assert read_job(folder).progress == told


def test_a_record_s_number_that_is_not_finite_is_left_out(folder):
    write_progress(folder, replace(TOLD, history=({"step": 1, "objective": float("-inf"), "matching": float("nan")},)))
    assert read_progress(folder).history == ({"step": 1},)


def changed(**values: object) -> bytes:
    asked = {"request": REQUEST.as_dict(), "created": 1.0, "by": "", "folder": ""} | values
    return json.dumps(asked).encode()


def asked(**values: object) -> bytes:
    return changed(request=REQUEST.as_dict() | values)


FOREIGN = {
    "empty": b"", "a list": b"[]", "torn": changed()[:-9], "no text": b"\xff\xfe", "deep": b"[" * 10**5,
    "large": changed(by="x" * LARGEST), "no request": changed(request=None), "request is text": changed(request="a"),
    "unknown field": asked(surprise=1), "no such steps": asked(config={"steps": -1}), "config's list": asked(config=[]),
    "generator is a number": asked(generator=3), "samples of another type": asked(samples="many"),
    "class map is text": asked(class_map="frog"), "images is a list": asked(images=["a"]),
    "seed too large": asked(seed=10**400),
    "created is text": changed(created="now"), "created too large": changed(created=10**400),
    "no number": changed(created=float("nan")), "created is true": changed(created=True),
}  # fmt: skip


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_is_no_job_is_passed_over(folder, content):
    (folder / ASKED).write_bytes(content)
    assert read_job(folder) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"state": "done"}', b'{"state": "running", "message": ""}', b'{"state": [1]}']
)
def test_a_job_whose_end_cannot_be_read_is_not_begun_again(folder, content):
    (folder / ENDED).write_bytes(content)
    assert read_job(folder) is None


BROKEN = {"stage": 3, "done": 1.5, "total": "7", "seconds": None, "seconds_left": "soon", "history": {}}


@pytest.mark.parametrize("name", [*BROKEN, "history of numbers", "no history", "empty"])
def test_a_job_whose_progress_cannot_be_read_is_a_job_all_the_same(folder, name):
    write_progress(folder, TOLD)
    values = json.loads((folder / PROGRESS).read_text())
    if name in BROKEN:
        values[name] = BROKEN[name]
    else:
        values = {"history of numbers": values | {"history": [1]}, "empty": {}}.get(name, values)
        if name == "no history":
            del values["history"]
    (folder / PROGRESS).write_text(json.dumps(values))
    assert read_job(folder).state == "waiting"
    assert read_job(folder).progress is None


@pytest.mark.parametrize("name", [ASKED, PROGRESS, ENDED])
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_only_plain_files_are_read(folder, tmp_path, name, kind):
    """A pipe would be waited for without end."""
    write_progress(folder, TOLD)
    write_end(folder, "done", "")
    (folder / name).rename(tmp_path / "elsewhere")
    {"pipe": os.mkfifo, "link": lambda path: path.symlink_to(tmp_path / "elsewhere"), "folder": os.mkdir}[kind](
        folder / name
    )
    job = read_job(folder)
    assert (job.progress if name == PROGRESS else job) is None


def test_a_job_whose_end_is_a_link_to_nowhere_is_not_begun(folder, tmp_path):
    (folder / ENDED).symlink_to(tmp_path / "nowhere")
    assert read_job(folder) is None


def test_a_picture_is_no_link(folder, tmp_path):
    (tmp_path / "secret.png").touch()
    (folder / LIVE).symlink_to(tmp_path / "secret.png")
    assert read_job(folder).live_picture is None
    (folder / LIVE).unlink()
    (folder / LIVE).touch()
    assert read_job(folder).live_picture == folder / "live.png"


def test_a_folder_is_read_again_only_where_its_files_changed(folder, monkeypatch):
    reads = []
    monkeypatch.setattr(job_folder, "read_job", lambda directory: reads.append(directory) or read_job(directory))
    reader = JobReader()
    assert [reader.read(folder).state for _ in range(3)] == ["waiting"] * 3
    assert len(reads) == 1
    write_progress(folder, TOLD)
    assert reader.read(folder).progress == TOLD
    write_end(folder, "done", "")
    assert reader.read(folder).state == "done"
    (folder / ASKED).unlink()
    assert reader.read(folder) is None
    assert len(reads) == 4


def test_what_cannot_be_written_is_told_and_leaves_what_was_there(folder):
    before = (folder / ASKED).read_bytes()
    (folder / PROGRESS).mkdir()
    with pytest.raises(OutputError, match=r"progress\.json: it is a directory"):
        write_progress(folder, TOLD)
    assert (folder / ASKED).read_bytes() == before
