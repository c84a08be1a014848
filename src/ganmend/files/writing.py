"""Files written whole or not at all."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError

from ganmend.errors import OutputError
from ganmend.files.disk import to_disk

ADVICE = {
    errno.ENOSPC: "free some space, or give another place",
    errno.EDQUOT: "free some space, or give another place",
    errno.ENOENT: "its folder is gone: give the command again, or another place",
    errno.EFBIG: "raise the limit that is set on the size of files (ulimit -f), or give another place",
    errno.EIO: "the disk may be failing: look into the system's log, and give another place",
}


@contextmanager
def whole_file(path: Path, *, at_once: bool = True) -> Iterator[Path]:
    """A temporary path beside `path`; what is written there takes its place when the block ends without an error.

    The file is on the disk before it takes the place, and the place before the block is left: a power cut leaves the
    old file or the new one. It gets the permissions that the user's new files have: safetensors gives others none.
    What processes that were killed here left of the same file goes.

    Args:
        path: of the file; its folder is there.
        at_once: False does not wait for the disk, nor clears up, for one of many files whose folder is brought there
            when all of them are written.

    Yields:
        The temporary path, at which nothing is yet.

    Raises:
        OutputError: it cannot be written; nothing is left behind.
    """
    if path.exists() and not path.is_file():
        raise OutputError(f"cannot write {path}: it is a directory, a device or a pipe; give another place")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    if at_once:
        _clear_up(path)
    try:
        yield partial
        mask = os.umask(0)  # it can only be read by setting it
        os.umask(mask)
        partial.chmod(0o666 & ~mask)
        if at_once:
            to_disk(partial)
        partial.replace(path)
        if at_once:
            to_disk(path.parent)
    except (OSError, RuntimeError, SafetensorError) as error:
        told = not_written(path, error)
        raise told from error
    finally:
        with suppress(OSError):  # it may be a disk that takes nothing any more
            partial.unlink(missing_ok=True)


def _clear_up(path: Path) -> None:
    """Delete what processes that are gone left beside a file that they were writing."""
    for name in _partials_in(path.parent):
        process = name.removeprefix(f".{path.name}.").removesuffix(".partial")
        if process.isdecimal() and is_gone(int(process)):
            with suppress(OSError):  # a disk that takes nothing any more, as the new file will tell
                path.with_name(name).unlink(missing_ok=True)


@lru_cache(maxsize=64)
def _partials_in(folder: Path) -> tuple[str, ...]:
    """Files of a folder that were being written when this process first came there: a sweep writes 100,000 into one."""
    return tuple(left.name for left in folder.glob(".*.partial"))


@contextmanager
def told_of(place: Path) -> Iterator[None]:
    """Tell what the system refuses in the block as something of a place.

    Args:
        place: a file or folder that is being written.

    Yields:
        Nothing.

    Raises:
        OutputError: the system refused something.
    """
    try:
        yield
    except OSError as error:
        told = not_written(place, error)
        raise told from error


def not_written(path: Path, error: Exception) -> OutputError:
    """What to tell of a file or folder that could not be written.

    Args:
        path: of it.
        error: of the system, or of a library that met one of the system's.

    Returns:
        An error that names the place and the cause, and says what to do.
    """
    number = _system_error(error)
    cause = os.strerror(number) if number else str(error).partition("\n")[0][:200]
    return OutputError(f"cannot write {path} ({cause}); {ADVICE.get(number, 'give another place')}")


def _system_error(error: BaseException | None) -> int:
    """The number of the system's error that an error is or tells of; 0 where there is none."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        if found := re.search(r"\(os error (\d+)\)", str(error)):  # safetensors
            return int(found[1])
        error = error.__cause__ or error.__context__  # PyTorch raises one of its own while it handles the system's
    return 0


def runs(process: int) -> bool:
    """Whether a process of that number runs, a user's own or another's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_gone(process: int) -> bool:
    """Whether the process that left something under its number is no longer there, in a place that this one holds.

    Under this process's own number an earlier one left it, as in a container that was started again.
    """
    try:
        return process == os.getpid() or not runs(process)
    except OverflowError:  # a number that no process can have
        return True
