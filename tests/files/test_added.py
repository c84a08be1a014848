"""Files added to a directory that ganmend wrote: they are its own, and go with it; the user's stay."""

import errno
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files.directories import add_to_directory, write_directory
from ganmend.files.mark import foreign_files, marked_files


def fill(folder: Path) -> None:
    (folder / "figures").mkdir()
    (folder / "figures/a.pdf").write_text("new")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return write_directory(tmp_path / "out", lambda folder: (folder / "old.txt").write_text("old"), overwrite=False)


def test_they_are_added_and_marked_and_replaced_with_the_rest(out: Path) -> None:
    add_to_directory(out, fill)
    assert (out / "figures/a.pdf").read_text() == "new"
    assert (out / "old.txt").read_text() == "old"
    assert marked_files(out) == {"old.txt", "figures/a.pdf"}
    assert foreign_files(out) == []
    add_to_directory(out, fill)
    write_directory(out, lambda folder: None, overwrite=True)
    assert not (out / "figures").exists()


def test_what_the_user_put_there_stays_the_users(out: Path) -> None:
    (out / "mine.txt").write_text("mine")
    add_to_directory(out, fill)
    assert foreign_files(out) == ["mine.txt"]


def test_a_full_disk_is_one_line_and_leaves_no_half(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OutputError, match="No space left") as refused:
        add_to_directory(out, fill)
    assert "\n" not in str(refused.value)
    assert list((out / "figures").iterdir()) == []
