"""Places for results: checked and held before the work begins, so that nothing is lost at its end."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganmend.errors import OutputError
from ganmend.files.leftovers import remove_leftovers
from ganmend.files.mark import foreign_files, is_marked
from ganmend.files.paths import LONGEST_NAME
from ganmend.files.writing import not_written

_held: dict[Path, int] = {}  # what this process holds, and how many times over


def check_out(out: Path, *, overwrite: bool, directory: bool) -> None:
    """Refuse a place where a result cannot go, or where something of the user's would be lost.

    Args:
        out: a file or a directory to be written.
        overwrite: whether an earlier result there may be replaced.
        directory: which of the two it is to be.

    Raises:
        OutputError: it exists and is not to be replaced, is of the other kind, a link, or a directory that ganmend did
            not write or that holds more than it wrote; or its place cannot be written.
    """
    if "\0" in str(out):
        raise OutputError(f"{str(out)!r:.80} holds a null byte; give another --out")
    if len(os.fsencode(out.name)) > LONGEST_NAME:
        raise OutputError(f"the name {out.name!s:.40}... is longer than {LONGEST_NAME} bytes; give another --out")
    try:
        _check_out(out, overwrite, directory)
    except OSError as error:  # a folder on the way that cannot be read or is gone
        raise OutputError(f"cannot write {out!s:.200} ({error.strerror}); give another --out") from error


def _check_out(out: Path, overwrite: bool, directory: bool) -> None:
    if out.is_symlink():
        raise OutputError(f"{out} is a link; give the place itself as --out")
    if out.exists():
        _check_kind(out, directory)
    if out.is_dir() and (overwrite or not is_marked(out)):  # --overwrite is advised only where it would do
        _check_replaceable(out)
    if out.exists() and not overwrite:
        clear_up(out)
        raise OutputError(f"{out} exists; give another --out, or --overwrite to replace it")
    if not directory and not out.absolute().parent.is_dir():
        raise OutputError(f"no folder at {out.parent}; give another --out")
    parent = next(folder for folder in out.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise OutputError(f"{parent} is not writable; give another --out")


def _check_kind(out: Path, directory: bool) -> None:
    found = "a directory" if out.is_dir() else "a file" if out.is_file() else "a device or a pipe"
    expected = "a directory" if directory else "a file"
    if found != expected:
        raise OutputError(f"{out} is {found}; expected {expected} to write to; give another --out")


def clear_up(out: Path) -> None:
    """Remove what a process left that was killed after the result was in its place: what stood there, and its lock."""
    place = out.absolute()
    if place.name and place.with_name(f".{place.name}.lock").exists() and not _held.get(place):
        with suppress(OutputError), _locked(place):
            remove_leftovers(place, unfinished=False)


def _check_replaceable(directory: Path) -> None:
    """Accept an empty directory, or one of ours with nothing of the user's in it.

    Args:
        directory: that stands where a new one is to go.

    Raises:
        OutputError: it is another one.
    """
    if directory.absolute() == Path.cwd():
        raise OutputError(f"{directory} is the folder that you are in; give another --out")
    if not any(directory.iterdir()):
        return
    if not is_marked(directory):
        if not directory.exists():  # deleted meanwhile
            return
        raise OutputError(f"{directory} was not written by ganmend, so it is not replaced; give another --out")
    if foreign := foreign_files(directory):
        raise OutputError(
            f"{directory} also holds {foreign[0]}, which ganmend did not write; move it, or give another --out"
        )


@contextmanager
def reserved(out: Path, *, overwrite: bool, directory: bool) -> Iterator[None]:
    """Hold a place for this process until the block ends; the folder that it lies in is made.

    The system lets the place go when the process ends, however it ends. Holding what this process holds is no error.

    Args:
        out: a file or a directory to be written.
        overwrite: whether an earlier result there may be replaced.
        directory: which of the two it is to be.

    Yields:
        Nothing.

    Raises:
        OutputError: see `check_out`; or another process holds it.
    """
    check_out(out, overwrite=overwrite, directory=directory)
    place = out.absolute()
    made = _make_folders(place.parent)
    try:
        if _held.get(place):
            _held[place] += 1
            yield
        else:
            with _locked(place):
                check_out(out, overwrite=overwrite, directory=directory)  # who held it before may have written it
                _held[place] = 1
                yield
    finally:
        _held[place] = _held.get(place, 1) - 1
        with suppress(OSError):  # it may be gone, or on a disk that takes nothing any more
            for folder in made:  # what nothing was written to
                if not any(folder.iterdir()):
                    folder.rmdir()


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    lock = place.with_name(f".{place.name}.lock")
    try:
        descriptor = _take(lock, place)
    except OSError as error:
        told = not_written(place, error)
        raise told from error
    try:
        yield
    finally:
        with suppress(OSError):  # as above
            lock.unlink(missing_ok=True)
        os.close(descriptor)


def _take(lock: Path, place: Path) -> int:
    """Hold a lock's file.

    Args:
        lock: the file, made where it is missing; it says who holds it.
        place: what it stands for.

    Returns:
        Its descriptor; closing it lets go.

    Raises:
        OutputError: another process holds it.
    """
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.exists() and os.fstat(descriptor).st_ino == lock.stat().st_ino:  # not one that its holder removed
                _sign(descriptor, lock)
                return descriptor
        except BlockingIOError as error:
            holder = os.read(descriptor, 200).decode(errors="replace") or "another"
            raise OutputError(f"{place} is being written by process {holder}; wait, or give another --out") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _sign(descriptor: int, lock: Path) -> None:
    """Write into a lock's file who holds it; where the disk is full it goes again.

    Args:
        descriptor: of the file, which is held.
        lock: the file.

    Raises:
        OSError: it cannot be written.
    """
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} ({' '.join(sys.argv)})".encode(errors="replace"))
    except OSError:
        with suppress(OSError):
            lock.unlink(missing_ok=True)
        raise


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those that it lies in.

    Args:
        folder: to be made, or there already.

    Returns:
        Those that were made, the innermost first.

    Raises:
        OutputError: it cannot be made.
    """
    missing = [folder, *folder.parents]
    missing = missing[: next(index for index, each in enumerate(missing) if each.exists())]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder} ({error.strerror}); give another --out") from error
    return missing
