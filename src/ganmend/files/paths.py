"""Paths as users give them."""

import os
from pathlib import Path

from ganmend.errors import OptionError


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
