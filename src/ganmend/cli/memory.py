"""Freed memory: kept during a search, which asks for the same large arrays at every step; given back after loading."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
ONE_GIB = 2**30


def keep_freed_memory() -> bool:
    """Tell glibc to reuse large blocks instead of returning them to the system, which clears their pages anew.

    It holds for the whole process: the command line calls it, the library leaves its caller's process alone.

    Returns:
        Whether it took effect: False where the C library is not glibc.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(option, ONE_GIB) for option in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD))


def return_freed_memory() -> None:
    """Give what is free back to the system, once: loading a checkpoint leaves as much again as its weights."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
