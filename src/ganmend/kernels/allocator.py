"""Freed memory: kept during a search, which asks for the same large arrays at every step; given back after loading."""

import ctypes
import os
import sys

# Large blocks are reused, not returned to the system, which would clear their pages anew; and there are no caches of
# small blocks, in which what is left over beside a large block would stay and keep it from being reused.
KEEPING = {"mmap_threshold": 2**30, "trim_threshold": 2**30, "tcache_count": 0, "mxfast": 0}


def keep_freed_memory() -> None:
    """Start this program again under glibc's allocator so set, unless it has been told how to work already.

    It holds for a whole process, from its start: the command line calls it first, the library leaves its caller's
    process alone. Other C libraries than glibc ignore it.
    """
    told = os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or "glibc.malloc." in told:
        return
    settings = [f"glibc.malloc.{name}={value}" for name, value in KEEPING.items()]
    os.environ["GLIBC_TUNABLES"] = ":".join([*filter(None, [told]), *settings])
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def return_freed_memory() -> None:
    """Give what is free back to the system, once: loading a checkpoint leaves as much again as its weights."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
