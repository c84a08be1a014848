"""What processes that were killed in the midst of writing a directory left beside it."""

import os
from collections.abc import Iterator
from pathlib import Path

from ganmend.files.mark import is_unfinished, list_files, marked_files, remove_own, remove_unfinished
from ganmend.files.writing import is_gone


def leftovers(directory: Path) -> Iterator[Path]:
    """Folders that processes which are gone were building for a directory, or had taken out of its place.

    Args:
        directory: whose place is meant; absolute.

    Yields:
        Hidden folders beside it.
    """
    for path in sorted(directory.parent.glob(f".{directory.name}.*.*")):
        process = path.name.removeprefix(f".{directory.name}.").split(".")[0]
        if path.is_dir() and not path.is_symlink() and process.isdecimal() and is_gone(int(process)):
            yield path


def remove_leftovers(directory: Path, *, unfinished: bool = True, but: Path | None = None) -> None:
    """Clear up beside a directory; what is not ganmend's stays.

    Args:
        directory: whose place is meant; absolute.
        unfinished: whether that goes too which was to take the place, not only what had it before.
        but: one that stays.
    """
    for path in (path for path in leftovers(directory) if path != but):
        if path.name.endswith(".before") and not directory.exists():
            os.replace(path, directory)  # killed between two renames
        elif not list_files(path) or (unfinished and is_unfinished(path)):
            remove_unfinished(path)
        elif marked_files(path) is not None and not is_unfinished(path):
            remove_own(path)
