"""The checkpoint formats, and the files of those that are folders."""

import os
from pathlib import Path

from ganmend.errors import OptionError
from ganmend.formats import ajbrock, huggingface, native, studiogan
from ganmend.formats.protocol import Format

# The first that recognises a file's tensors reads it.
FORMATS: tuple[Format, ...] = (
    ajbrock.FORMAT,
    huggingface.FORMAT,
    studiogan.FORMAT,
    native.FORMAT,
)


def weights_in(folder: Path) -> Path | None:
    """The weights in a folder that is a checkpoint; None where it is none."""
    names = [name for form in FORMATS if form.folder for name in (*form.folder.also, form.folder.weights)]
    return next((folder / name for name in names if os.path.isfile(folder / name)), None)


def formats_for(wanted: str = "") -> tuple[Format, ...]:
    """The formats to look for.

    Args:
        wanted: the name of one, or ''.

    Returns:
        That one, or all.

    Raises:
        OptionError: no format is called so.
    """
    if not wanted:
        return FORMATS
    named = {form.name: form for form in FORMATS}
    if wanted not in named:
        raise OptionError(f"unknown format {wanted!r}; expected one of {', '.join(named)}")
    return (named[wanted],)
