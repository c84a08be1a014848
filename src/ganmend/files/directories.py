"""Directories of results: built beside their place, then renamed, so that they are whole or absent."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ganmend.errors import OutputError


def check_writable(directory: Path, overwrite: bool) -> None:
    """Fail before the expensive part.

    Raises:
        OutputError: the directory exists and is not to be overwritten, or its place cannot be written.
    """
    if directory.exists() and not overwrite:
        raise OutputError(f"{directory} exists; give another --out, or --overwrite to replace it")
    if directory.exists() and not directory.is_dir():
        raise OutputError(f"{directory} is a file; expected a directory to write to")
    parent = next(folder for folder in directory.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise OutputError(f"{parent} is not writable; give another --out")


def write_directory(directory: Path, fill: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Let `fill` write into a temporary sibling, then move it to `directory`.

    Raises:
        OutputError: see `check_writable`, or the disk is full.
    """
    check_writable(directory, overwrite)
    directory = directory.absolute()
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        try:
            fill(partial)
            partial.chmod(0o755)
            if directory.exists():
                shutil.rmtree(directory)
            os.replace(partial, directory)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {directory}: {error.strerror}; give another --out") from error
    return directory
