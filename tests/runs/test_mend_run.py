"""A class mended in a directory of its own: ended at any moment it is gone on with, and ends the same."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.errors import Cancelled, OutputError
from ganmend.progress import Progress
from ganmend.runs import mend_run
from ganmend.runs.mend_run import SAVE_EVERY, STATE, _begin, complete_result, mend_in
from ganmend.runs.record import WORK, RunRecord
from ganmend.search.loop import STATE_EVERY
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, FIXTURES, make_classifier

CONFIG = replace(ganmend.PRESETS["default"], steps=4, latents=4, validation_latents=4, trials=1, validate_every=1)


@pytest.fixture
def request_of_frog(tmp_path: Path) -> MendRequest:
    (tmp_path / "names.txt").write_text("\n".join(CIFAR10))
    source = GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"), class_names=str(tmp_path / "names.txt"))
    return MendRequest("repair", "frog", source, precision="float32", config=CONFIG)


@pytest.fixture
def bench(request_of_frog: MendRequest) -> Workbench:
    return Workbench(request_of_frog.generator, classifier=make_classifier(), precision="float32")


def end_after(step: int) -> ganmend.Progress | object:
    def on_progress(progress: Progress) -> None:
        if progress.stage == "searching" and progress.done == step:
            raise Cancelled

    return on_progress


def test_an_ended_run_says_so_and_ends_the_same(request_of_frog: MendRequest, bench: Workbench, tmp_path: Path) -> None:
    whole = mend_in(tmp_path / "whole", request_of_frog, bench)
    ended = mend_in(tmp_path / "run", request_of_frog, bench, on_progress=end_after(2))  # type: ignore[arg-type]
    assert ended.interrupted
    record = RunRecord.read(tmp_path / "run")
    assert record is not None
    assert (record.interrupted, record.complete, record.found) == (True, False, False)
    assert (tmp_path / "run" / WORK / STATE).is_file()
    steps: list[int] = []
    result = mend_in(
        tmp_path / "run", request_of_frog, bench,
        on_progress=lambda told: steps.append(told.done) if told.stage == "searching" else None,
    )  # fmt: skip
    assert steps == [2, 3, 4] or steps == [3, 4], "not from the beginning"
    assert result.after.digest() == whole.after.digest()
    assert result.history == whole.history
    assert not (tmp_path / "run" / WORK).exists()
    (tmp_path / ".run.lock").touch()  # of a process that was killed
    assert complete_result(tmp_path / "run", request_of_frog, bench) is not None
    assert not (tmp_path / ".run.lock").exists()
    assert complete_result(tmp_path / "run", replace(request_of_frog, seed=1), bench) is None


def test_another_run_is_refused_and_what_is_there_stays(
    request_of_frog: MendRequest, bench: Workbench, tmp_path: Path
) -> None:
    mend_in(tmp_path / "run", request_of_frog, bench, on_progress=end_after(2))  # type: ignore[arg-type]
    before = (tmp_path / "run" / WORK / STATE).read_bytes()
    with pytest.raises(OutputError, match=r"another seed \(0, now 1\)"):
        mend_in(tmp_path / "run", replace(request_of_frog, seed=1), bench)
    other = Workbench(request_of_frog.generator, classifier=make_classifier(1), precision="float32")
    with pytest.raises(OutputError, match="another classifier's weights"):
        mend_in(tmp_path / "run", request_of_frog, other)
    assert (tmp_path / "run" / WORK / STATE).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"torn" * 10])
def test_a_state_that_cannot_be_read_is_begun_anew(
    content: bytes, request_of_frog: MendRequest, bench: Workbench, tmp_path: Path
) -> None:
    mend_in(tmp_path / "run", request_of_frog, bench, on_progress=end_after(2))  # type: ignore[arg-type]
    (tmp_path / "run" / WORK / STATE).write_bytes(content)
    assert not mend_in(tmp_path / "run", request_of_frog, bench).interrupted


def test_what_is_complete_is_not_replaced_unless_asked(
    request_of_frog: MendRequest, bench: Workbench, tmp_path: Path
) -> None:
    mend_in(tmp_path / "run", request_of_frog, bench)
    with pytest.raises(OutputError, match="exists; give another --out, or --overwrite"):
        mend_in(tmp_path / "run", request_of_frog, bench)
    assert not mend_in(tmp_path / "run", replace(request_of_frog, seed=1), bench, overwrite=True).interrupted


@pytest.mark.parametrize("moment", ["noting the run", "its folder for work"])
@pytest.mark.parametrize("older", [False, True])
def test_a_run_that_cannot_begin_leaves_what_was_there(
    moment: str, older: bool, request_of_frog: MendRequest, bench: Workbench, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if older:
        mend_in(tmp_path / "run", request_of_frog, bench)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*")}
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail(*words: object) -> None:
        raise OutputError("no space") if moment == "noting the run" else full

    with monkeypatch.context() as failing:
        failing.setattr(*((RunRecord, "write") if moment == "noting the run" else (mend_run, "make_unfinished")), fail)
        with pytest.raises(OutputError, match=r"no space|work \(No space left on device\)"):
            mend_in(tmp_path / "run", replace(request_of_frog, seed=1), bench, overwrite=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*")} == before
    assert (tmp_path / "run").exists() == older
    assert not mend_in(tmp_path / "run", replace(request_of_frog, seed=1), bench, overwrite=True).interrupted


def test_at_most_twenty_seconds_of_a_search_are_done_twice() -> None:
    assert SAVE_EVERY + STATE_EVERY <= 20


def test_a_new_directory_comes_with_its_record(tmp_path, monkeypatch):
    """Between the two a kill would leave a directory that the same command refuses."""
    seen = []
    monkeypatch.setattr(
        "ganmend.runs.mend_run.write_directory",
        lambda directory, fill, **_: (directory.mkdir(), fill(directory), seen.extend(directory.iterdir())),
    )
    _begin(tmp_path / "out", RunRecord({"seed": 1}))
    assert [path.name for path in seen] == ["run.json"]


def test_who_watches_sees_every_state_of_the_search(request_of_frog, bench, tmp_path):
    """Also those that are not written, since the last one was written a moment ago."""
    seen = []
    watched = mend_in(tmp_path / "watched", request_of_frog, bench, on_state=lambda state: seen.append(state.step))
    assert seen == [1, 2, 3, 4]
    alone = mend_in(tmp_path / "alone", request_of_frog, bench)
    assert watched.after.digest() == alone.after.digest()
