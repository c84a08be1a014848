"""What a call costs in memory and time, by the kernel's own account."""

import ctypes
import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Cost:
    """Bytes that the process grew by at its largest, and seconds of the processor."""

    peak: int
    seconds: float


def measured(call: Callable[[], None]) -> Cost:
    """Run `call`. What it touches counts, whoever allocates it: Python, torch, a library's own code, a mapped file.

    tracemalloc would see Python's and numpy's memory only; the tensors are torch's. The peak of the resident set
    counts all, and is set back before each call (writing 5 to clear_refs, see proc(5)). Free memory that the C library
    keeps would hide a growth: it is given back first.
    """
    LIBC.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _status("VmRSS"), time.process_time()
    call()
    return Cost(_status("VmHWM") - before, time.process_time() - start)


@contextmanager
def address_space(extra: int) -> Iterator[None]:
    """Let the process grow by `extra` bytes at most: what is allocated and never touched shows as a failure."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + extra, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def ran_out(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is memory that could not be had."""
    while error is not None:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _status(name: str) -> int:
    kilobytes = re.search(rf"^{name}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert kilobytes is not None
    return int(kilobytes[1]) << 10
