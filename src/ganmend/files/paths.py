"""Paths as users give them, names of files made of what users call things, and where a cache goes."""

import os
from pathlib import Path

from ganmend.errors import OptionError, OutputError

LONGEST_NAME = 200  # bytes; file systems have 255, and a lock or a number may be added


def as_path(given: str | os.PathLike[str]) -> Path:
    """What a user gave as the path of a file or folder.

    Args:
        given: text, a `Path`, or another object that stands for a path of text.

    Returns:
        The same path.

    Raises:
        OptionError: something else came, such as a number or None.
    """
    if not isinstance(given, str | os.PathLike):
        raise OptionError(f"{given!r:.80} came as a path; expected text or a pathlib.Path")
    return Path(given)


def file_name(label: str) -> str:
    """A label as the name of a file or folder: no separators, hidden names or dots alone, and no longer than may be.

    Args:
        label: any text, such as a class's name.

    Returns:
        A name that stands for itself in any folder.
    """
    name = label.replace("/", "_").replace("\0", "_")
    if name.startswith(".") or not name:
        name = "_" + name[1:]
    return name.encode(errors="surrogateescape")[:LONGEST_NAME].decode(errors="ignore")


def cache_home() -> Path:
    """Where programs keep what they can have again: $XDG_CACHE_HOME, else ~/.cache.

    A relative or empty $XDG_CACHE_HOME counts as none (XDG Base Directory Specification).

    Returns:
        The folder, which need not be there.

    Raises:
        OutputError: this user has no home.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given
    try:
        return Path.home() / ".cache"
    except RuntimeError as error:
        raise OutputError("this user has no home folder; set HOME or XDG_CACHE_HOME") from error
