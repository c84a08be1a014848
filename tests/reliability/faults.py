"""What goes wrong with a disk or a folder while a command writes, from a chosen moment on."""

import ctypes
import errno
import os
import resource
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

OPENS, WRITES, SYNCS, RENAMES, REMOVALS = 1, 2, 4, 8, 16  # the same values stand in faults.c
ALL, FOR_EVER = OPENS | WRITES | SYNCS | RENAMES | REMOVALS, 1 << 30
SIZES = (1, 200, 1000, 5000, 20_000)  # bytes that a file may have, one after another


class Fault(Protocol):
    """What goes wrong, in this process."""

    def begin(self) -> None:
        """Let it go wrong."""

    def end(self) -> int:
        """No longer; how many moments there were, or would have been."""


@dataclass
class FailingCalls:
    """Calls of the system that fail, by the library that faults.c is of, which is preloaded.

    Attributes:
        kinds: of calls.
        error: that they fail with.
        lasts: whether those after the first fail too.
        moment: number of the first, from 1.
    """

    kinds: int
    error: int
    lasts: bool
    moment: int

    def begin(self) -> None:
        """Let them fail."""
        place, last = os.fsencode(Path("disk").resolve()) + b"/", FOR_EVER if self.lasts else self.moment
        ctypes.CDLL(None).faults_arm(place, self.kinds, self.moment, last, self.error)

    def end(self) -> int:
        """No longer; the number of such calls."""
        disk = ctypes.CDLL(None)
        count = disk.faults_counted()
        disk.faults_arm(b"", 0, 0, 0, 0)
        return int(count)


@dataclass
class LimitedSize:
    """The system's limit on the size of files, the one of SIZES with this number, from 1; none beyond."""

    moment: int

    def begin(self) -> None:
        """Set it."""
        if self.moment <= len(SIZES):
            resource.setrlimit(resource.RLIMIT_FSIZE, (SIZES[self.moment - 1], resource.RLIM_INFINITY))

    def end(self) -> int:
        """Lift it; the number of sizes."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return len(SIZES)


@dataclass
class Deleted:
    """The result's directory is deleted just before Python opens or renames something on the disk for the nth time."""

    moment: int
    seen: int = 0

    def begin(self) -> None:
        """Look at what is opened, for the rest of the process's life."""
        sys.addaudithook(self._look)

    def end(self) -> int:
        """The number of openings."""
        return self.seen

    def _look(self, event: str, words: tuple[Any, ...]) -> None:
        if event in ("open", "os.rename", "os.mkdir") and "disk/" in os.fsdecode(str(words[0])):
            self.seen += 1
            if self.seen == self.moment:
                shutil.rmtree("disk/out", ignore_errors=True)


def _failing(kinds: int, error: int, *, lasts: bool) -> Callable[[int], Fault]:
    return lambda moment: FailingCalls(kinds, error, lasts, moment)


NEED_THE_LIBRARY = ("full", "over quota", "read-only", "failing once")
FAULTS: Mapping[str, Callable[[int], Fault]] = {
    "full": _failing(OPENS | WRITES | SYNCS, errno.ENOSPC, lasts=True),
    "over quota": _failing(WRITES, errno.EDQUOT, lasts=True),
    "read-only": _failing(ALL, errno.EROFS, lasts=True),
    "failing once": _failing(OPENS | WRITES | SYNCS | RENAMES, errno.EIO, lasts=False),
    "limited size": LimitedSize,
    "deleted": Deleted,
}
CAUSES = {
    "full": errno.ENOSPC, "over quota": errno.EDQUOT, "read-only": errno.EROFS, "failing once": errno.EIO,
    "limited size": errno.EFBIG, "deleted": errno.ENOENT,
}  # fmt: skip
