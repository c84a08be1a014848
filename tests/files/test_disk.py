"""What is said to be written is on the disk: it is waited for, in an order that a power cut cannot turn."""

import errno
import os
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files import disk
from ganmend.files.disk import folder_to_disk, to_disk
from ganmend.files.writing import whole_file


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is waited for, and renamed, in order: names of files and folders."""
    made: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def waiting(descriptor: int) -> None:
        made.append(f"wait for {os.path.basename(os.readlink(f'/proc/self/fd/{descriptor}'))}")
        fsync(descriptor)

    def renaming(path: Path, target: Path) -> Path:
        made.append(f"{path.name} becomes {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", waiting)
    monkeypatch.setattr(Path, "replace", renaming)
    return made


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(tmp_path: Path, calls: list[str]) -> None:
    with whole_file(tmp_path / "a") as partial:
        partial.write_text("new")
    assert calls == [f"wait for {partial.name}", f"{partial.name} becomes a", f"wait for {tmp_path.name}"]


def test_one_of_many_files_is_not_waited_for(tmp_path: Path, calls: list[str]) -> None:
    with whole_file(tmp_path / "a", at_once=False) as partial:
        partial.write_text("new")
    assert calls == [f"{partial.name} becomes a"]


@pytest.mark.parametrize("has_syncfs", [True, False])
@pytest.mark.parametrize("files", [3, disk.FEW + 1])
def test_all_files_of_a_folder_and_the_folders_are_waited_for(
    files: int, has_syncfs: bool, tmp_path: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    for number in range(files):
        (tmp_path / "inner" / str(number)).touch()
    asked: list[Path] = []
    monkeypatch.setattr(disk, "_file_system_to_disk", lambda folder: asked.append(folder) or has_syncfs)
    folder_to_disk(tmp_path)
    each = {f"wait for {name}" for name in [*map(str, range(files)), "inner", tmp_path.name]}
    few = files <= disk.FEW
    assert set(calls) == (each if few or not has_syncfs else set())
    assert asked == ([] if few else [tmp_path])


def test_a_whole_file_system_can_be_waited_for(tmp_path: Path) -> None:
    assert disk._file_system_to_disk(tmp_path)
    with pytest.raises(OSError, match="nowhere"):
        disk._file_system_to_disk(tmp_path / "nowhere")


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_what_a_system_cannot_do_for_folders_is_no_error_of_theirs(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a").touch()
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match=os.strerror(number)) as error:
        to_disk(tmp_path / "a")
    assert error.value.filename == str(tmp_path / "a")
    if number == errno.EINVAL:
        to_disk(tmp_path)
    else:
        with pytest.raises(OSError, match=os.strerror(number)):
            to_disk(tmp_path)


def _met_while_handling(first: Exception) -> RuntimeError:
    error = RuntimeError("a library's own")
    error.__context__ = first
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "any"), "No space left on device); free some space, or give another place"),
        (OSError(errno.EACCES, "any"), "Permission denied); give another place"),
        (RuntimeError("while serializing: (os error 5)"), "Input/output error); the disk may be failing"),
        (_met_while_handling(OSError(errno.EDQUOT, "any")), "Disk quota exceeded); free some space"),
        (RuntimeError("first line\nsecond line"), "first line); give another place"),
    ],
    ids=["full", "not allowed", "as a library tells it", "behind a library's own", "not the system's"],
)
def test_the_cause_and_what_to_do_are_told(error: Exception, told: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as refused, whole_file(tmp_path / "a"):
        raise error
    assert str(refused.value).startswith(f"cannot write {tmp_path / 'a'} ({told}")
