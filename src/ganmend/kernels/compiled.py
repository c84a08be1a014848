"""C code compiled at installation, where there was a compiler for it."""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from torch import Tensor


@cache
def load_compiled(name: str) -> ctypes.CDLL | None:
    """One of this package's own; None where it was not compiled."""
    files = [Path(__file__).with_name(name + suffix) for suffix in EXTENSION_SUFFIXES]
    return next((ctypes.CDLL(str(file)) for file in files if file.is_file()), None)


def run(function: Callable[..., None], arrays: Sequence[Tensor], sizes: Sequence[int]) -> None:
    """Call a C function of pointers and sizes; the arrays are contiguous."""
    addresses, counts = (ctypes.c_void_p(each.data_ptr()) for each in arrays), map(ctypes.c_size_t, sizes)
    function(*addresses, *counts)
