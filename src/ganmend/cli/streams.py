"""Standard streams as they may come: closed, full, broken off, or of an encoding that lacks most characters."""

import io
import os
import sys
from contextlib import suppress

FILE_DESCRIPTORS = (0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)


def open_closed_streams() -> None:
    """Give closed standard streams a place, so that no file of ours gets their number.

    What is written to a closed standard output fails, as it should; what is written to a closed standard error is lost.
    """
    for number, mode in FILE_DESCRIPTORS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest free number, which is this one
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def replace_what_cannot_be_shown() -> None:
    """Let characters that a terminal's encoding lacks be printed as '?'."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_stdout() -> None:
    """Let what could not be written go, so that Python does not try again at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
