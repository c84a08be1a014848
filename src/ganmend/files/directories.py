"""Directories of results: built beside their place, then put there at once; what was there stays whole until then."""

import ctypes
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ganmend.files.disk import folder_to_disk, to_disk
from ganmend.files.leftovers import leftovers, remove_leftovers
from ganmend.files.mark import (
    is_unfinished,
    list_files,
    mark,
    mark_planned,
    mark_unfinished,
    marked_files,
    remove_own,
    remove_unfinished,
)
from ganmend.files.outputs import reserved
from ganmend.files.writing import not_written, whole_file

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux's renameat2(2)


def write_directory(
    directory: Path,
    fill: Callable[[Path], None],
    *,
    overwrite: bool,
    goes_on: Callable[[Path], bool] = lambda left: False,
) -> Path:
    """Let `fill` write into a temporary sibling, then put that in place of `directory`.

    At every moment the directory is absent or whole: as it was before, or as it is now. Everything is on the disk
    before it is put in place.

    Args:
        directory: to be made.
        fill: writes files into the directory that it is given.
        overwrite: whether an earlier result there may be replaced.
        goes_on: whether what a killed process left in its temporary sibling is a part of the same; `fill` is then given
            that, with the files that were whole.

    Returns:
        The directory, absolute.

    Raises:
        OutputError: the directory is not to be replaced or held by another process, its place cannot be written, or the
            disk is full.
    """
    directory = directory.absolute()
    with reserved(directory, overwrite=overwrite, directory=True):
        try:
            left = next((path for path in leftovers(directory) if is_unfinished(path) and goes_on(path)), None)
            partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}.{os.getpid()}.", dir=directory.parent))
            if left is None:
                mark_unfinished(partial)
            else:
                os.replace(left, partial)
                for torn in partial.rglob(".*.partial"):
                    torn.unlink()
            remove_leftovers(directory, but=partial)
            try:
                fill(partial)
                mark(partial)
                partial.chmod(0o755)
                folder_to_disk(partial)
                _put_in_place(partial, directory)
            except BaseException:
                remove_unfinished(partial)
                raise
        except OSError as error:
            told = not_written(directory, error)
            raise told from error
    return directory


def add_to_directory(directory: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a temporary folder, then put its files into a directory of ganmend's, each of them whole.

    Args:
        directory: that ganmend wrote.
        fill: writes files into the folder that it is given.

    Raises:
        OutputError: they cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        names = list_files(Path(folder))
        try:
            mark_planned(directory, (marked_files(directory) or set()) | set(names))
            for name in names:
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                with whole_file(directory / name) as partial:
                    shutil.copyfile(Path(folder) / name, partial)
        except OSError as error:
            told = not_written(directory, error)
            raise told from error


def _put_in_place(partial: Path, directory: Path) -> None:
    """Rename the new directory; where an old one has the name, both change names in one step, and the old one goes.

    Args:
        partial: the new one.
        directory: its place.

    Raises:
        OSError: it cannot be put there; what was there is there.
    """
    if not directory.exists() or not any(directory.iterdir()):
        os.replace(partial, directory)
    elif _exchange(partial, directory):
        remove_own(partial)
    else:  # a file system that cannot exchange: whole at every moment, but under another name for one of them
        aside = partial.with_name(f"{partial.name}.before")
        os.replace(directory, aside)
        try:
            os.replace(partial, directory)
        except OSError:
            os.replace(aside, directory)
            raise
        remove_own(aside)
    to_disk(directory.parent)


def _exchange(first: Path, second: Path) -> bool:
    """Let two directories change names, at once; whether the system could."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = os.fsencode(first), os.fsencode(second)
    return rename is not None and rename(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0


def link_or_copy(source: Path, target: Path) -> None:
    """Let a file stand in a second place too; it takes no room twice where the file system has links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
