"""Ctrl-C, and the signals by which a system ends a program: all mean the same, and none comes in mid-file."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


def end_like_ctrl_c() -> None:
    """Let the signals that end a program raise KeyboardInterrupt; what was told to be ignored stays so (nohup)."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def not_now() -> Iterator[None]:
    """Keep back what would end the program until the block is done; then it comes.

    Outside the main thread, which alone such signals reach, nothing is kept back.

    Yields:
        Nothing.

    Raises:
        KeyboardInterrupt: it came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
