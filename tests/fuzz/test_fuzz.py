"""Some seconds of `python -m tests.fuzz.run`, and that it notices what it is there to notice."""

import mmap
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fuzz.outcome import table
from tests.fuzz.run import kept, outcomes
from tests.fuzz.seeds import tiny_seeds, whole_fixtures
from tests.fuzz.stand_ins import OUTCOME, busy, crashing, hanging
from tests.fuzz.worker import Factory, outcome, write

FILES = 600


@pytest.mark.long
def test_broken_files_are_read_whole_or_refused(tmp_path: Path) -> None:
    found = list(outcomes(2, range(FILES), tmp_path))
    assert len(found) == FILES
    assert [one for one in found if one.failure] == []
    assert {one.read for one in found} == {True, False}


@pytest.mark.parametrize("seed", tiny_seeds() + whole_fixtures(), ids=lambda seed: f"{seed.format}, {seed.name}")
def test_what_is_not_broken_is_read(seed, tmp_path: Path) -> None:
    path = write(seed, tmp_path)
    assert outcome(replace(OUTCOME, format=seed.format, size=len(seed.raw)), path).message == ""


def test_a_file_is_made_again(tmp_path: Path) -> None:
    made, _ = Factory(3).make(5)
    assert kept(3, 5, tmp_path).parent.joinpath(made.name).read_bytes() == made.raw


WORKERS = {"status 7": crashing, "more than 3 seconds": hanging, "too long": busy}


@pytest.mark.long
@pytest.mark.parametrize("failure", WORKERS)
def test_a_crash_and_a_hang_are_told_and_the_rest_is_read(failure: str, tmp_path: Path) -> None:
    found = list(outcomes(0, range(4), tmp_path, WORKERS[failure], patience=3))
    assert [one.index for one in found] == [0, 1, 2, 3]
    assert [failure in one.failure for one in found] == [False, True, False, False]
    assert "| a format | 4 | 0 | 3 | 1 |" in table(found)


def memory(_: str, path: Path) -> bytes:
    taken = mmap.mmap(-1, 12 << 20)  # of the system: the C library may have so much from an earlier test
    taken.write(b"1" * len(taken))
    return taken.read()


def raising(_: str, path: Path) -> None:
    raise KeyError("x")


def claiming(_: str, path: Path) -> bytes:
    return bytes(1 << 30)


@pytest.mark.parametrize(
    ("read", "failure"), [(memory, "reading took"), (raising, "KeyError"), (claiming, "MemoryError")]
)
def test_other_errors_and_memory_are_told(read, failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.worker.read", read)
    monkeypatch.setattr("tests.fuzz.worker.check", lambda content, path: None)
    assert failure in outcome(OUTCOME, tmp_path).failure
