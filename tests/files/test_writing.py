"""A file is there whole, with the user's own permissions, or not at all."""

import os
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files.writing import whole_file


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
