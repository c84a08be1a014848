"""Where results go: checked before the work, built beside their place and renamed, so that they are whole or absent."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ganmend.errors import OutputError


def check_out(out: Path, overwrite: bool, *, directory: bool) -> None:
    """Fail before the expensive part.

    Args:
        out: a file or a directory to be written.
        overwrite: whether what stands there may be replaced.
        directory: which of the two it is to be.

    Raises:
        OutputError: it exists and is not to be replaced, is of the other kind, its place cannot be written, or a
            file's folder does not exist.
    """
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists; give another --out, or --overwrite to replace it")
    if out.exists() and out.is_dir() != directory:
        found, expected = ("a directory", "a file") if out.is_dir() else ("a file", "a directory")
        raise OutputError(f"{out} is {found}; expected {expected} to write to")
    if not directory and not out.absolute().parent.is_dir():
        raise OutputError(f"no folder at {out.parent}; give another --out")
    parent = next(folder for folder in out.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise OutputError(f"{parent} is not writable; give another --out")


def write_directory(directory: Path, fill: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Let `fill` write into a temporary sibling, then move it to `directory`.

    Args:
        directory: to be made.
        fill: writes files into the directory that it is given.
        overwrite: whether what stands there may be replaced.

    Returns:
        The directory, absolute.

    Raises:
        OutputError: the directory stands and is not to be replaced, its place cannot be written, or the disk is full.
    """
    check_out(directory, overwrite, directory=True)
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
