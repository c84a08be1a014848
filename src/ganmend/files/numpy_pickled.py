"""Numbers and arrays of numpy's in a pickle, as training scripts keep scores and random states.

They are made from their bytes; nothing that the pickle names is called. A pickle says `scalar(dtype, bytes)`, or makes
an empty array and gives it a state; the bytes are a text in latin1 up to protocol 2, which has none.
"""

import math
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

ARRAY = "numpy ndarray"  # the name of the class
TYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
ORDERS = ("|", "<" if sys.byteorder == "little" else ">")  # of one byte, of this machine


def check_state(state: object) -> None:
    """Refuse a numpy type whose state says more than its byte order.

    Args:
        state: what a pickle gives as the state of a numpy type.

    Raises:
        TypeError: it has fields, a shape or flags, or another machine's byte order.
    """
    if not isinstance(state, tuple) or state not in [(3, order, None, None, None, -1, -1, 0) for order in ORDERS]:
        raise TypeError("no type of plain numbers")


def fill_array(array: np.ndarray, state: object) -> None:
    """Give an array that `_reconstruct` made its shape, type and numbers.

    Args:
        array: changed.
        state: what a pickle gives as its state: a version, shape, type, whether it lies by column, bytes.

    Raises:
        TypeError: it is no array of plain numbers, or has other bytes than its shape needs.
    """
    if type(state) is not tuple or len(state) != 5:
        raise TypeError("no state of an array")
    version, shape, dtype, by_column, raw = state
    whole = type(shape) is tuple and all(type(n) is int and n >= 0 for n in shape)
    if version != 1 or not whole or not isinstance(dtype, np.dtype) or not isinstance(raw, bytes):
        raise TypeError("no array of plain numbers")
    if len(raw) != math.prod(shape) * dtype.itemsize:
        raise TypeError("other bytes than the shape needs")
    array.__setstate__((1, shape, dtype, by_column is True, raw))  # type: ignore[arg-type]  # an int, numpy's C code says


def _array(kind: object, shape: object, code: object) -> np.ndarray:
    if (kind, shape) != (ARRAY, (0,)):
        raise TypeError("no array")
    return np.empty(0)


def _dtype(name: object, align: object, copy: object) -> np.dtype:
    if name not in TYPES:
        raise TypeError("no type of plain numbers")
    return np.dtype(name)


def _scalar(dtype: object, raw: object) -> np.generic:
    if not isinstance(dtype, np.dtype) or not isinstance(raw, bytes) or len(raw) != dtype.itemsize:
        raise TypeError("no bytes of one number")
    scalar: np.generic = np.frombuffer(raw, dtype)[0]
    return scalar


def _encoded(text: object, encoding: object) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise TypeError("no bytes written as text")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""  # which pickles up to protocol 2 write as a call


# By the names that pickles have for them; numpy 2 calls `core` `_core`.
FUNCTIONS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "_codecs encode": _encoded,
        "__builtin__ bytes": _no_bytes,
        "numpy dtype": _dtype,
        "numpy.core.multiarray scalar": _scalar,
        "numpy._core.multiarray scalar": _scalar,
        "numpy.core.multiarray _reconstruct": _array,
        "numpy._core.multiarray _reconstruct": _array,
    }
)
