"""A file is there whole, with the user's own permissions, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files.writing import told_of, whole_file


def test_written_whole_with_the_users_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "a") as partial:
            partial.write_text("new")
            partial.chmod(0o600)
            assert not (tmp_path / "a").exists()
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def fail(place: Path, error: type[BaseException]) -> None:
    with whole_file(place) as partial:
        partial.write_text("half")
        raise error("full")


@pytest.mark.parametrize(("error", "seen"), [(OSError, OutputError), (KeyboardInterrupt, KeyboardInterrupt)])
def test_an_error_leaves_what_was_there(error: type[BaseException], seen: type[BaseException], tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(seen):
        fail(tmp_path / "a", error)
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_a_killed_process_left_of_the_same_file_goes(tmp_path: Path) -> None:
    gone = 4_194_303  # no process has this number
    left = tmp_path / f".a[1].npy.{gone}.partial"
    others = (
        f".b.npy.{gone}.partial",  # of another file
        f".a1.npy.{gone}.partial",  # so too, though it is like the name as a pattern
        f".a[1].npy.{os.getppid()}.partial",  # its process runs
        ".a[1].npy.draft.partial",  # the user's
        ".a[1].npy.².partial",  # no number of a process
    )
    for name in (left.name, *others):
        (tmp_path / name).write_text("half")
    with whole_file(tmp_path / "a[1].npy") as partial:
        partial.write_text("new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "a[1].npy"])


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOENT, "its folder is gone"), (errno.EFBIG, "ulimit -f"), (errno.ENOSPC, "free some")],
)
def test_what_the_system_refuses_is_told_with_the_place_and_what_to_do(
    number: int, advice: str, tmp_path: Path
) -> None:
    with pytest.raises(OutputError) as told, told_of(tmp_path / "run"):
        raise OSError(number, os.strerror(number), "elsewhere")
    assert str(told.value).startswith(f"cannot write {tmp_path / 'run'} ({os.strerror(number)}); ")
    assert advice in str(told.value)
