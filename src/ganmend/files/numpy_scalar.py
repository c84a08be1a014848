"""Numbers of numpy's types, as training scripts keep their scores: made from their bytes, without calling the pickle's.

A pickle says `scalar(dtype, bytes)`; the bytes are a text in latin1 up to protocol 2, which has none.
"""

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

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


# By the names that pickles have for them; numpy 2 calls `core` `_core`.
FUNCTIONS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "_codecs encode": _encoded,
        "numpy dtype": _dtype,
        "numpy.core.multiarray scalar": _scalar,
        "numpy._core.multiarray scalar": _scalar,
    }
)
