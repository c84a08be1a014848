"""Who of several processes computes what all of them cache: one does, the others wait for it and read."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_EVERY = 0.5  # seconds
PATIENCE = 120.0  # seconds without news from the process that computes, after which others no longer wait for it


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold a place in the cache, if no other process does, until the block ends or the process does, however it ends.

    Args:
        path: of what is computed; the lock is a hidden file beside it.

    Yields:
        Whether it is held; True also where the place knows no locks or cannot be written, since nobody can hold it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        yield True
        return
    try:
        yield _taken(lock)
    finally:
        os.close(lock)


@contextmanager
def turn(path: Path, news: Callable[[], object]) -> Iterator[bool]:
    """Wait until no other process computes the same, then hold the place.

    Args:
        path: of what is computed.
        news: called while another process computes; what it gives changes as that one goes on.

    Yields:
        Whether the place is held; not where the other process gave no news for PATIENCE: it may be stopped for ever.
    """
    latest: object = None
    heard_at = time.monotonic()
    while True:
        with held(path) as mine:
            if mine or time.monotonic() - heard_at > PATIENCE:
                yield mine
                return
        if (now := news()) != latest:
            latest, heard_at = now, time.monotonic()
        time.sleep(LOOK_EVERY)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
