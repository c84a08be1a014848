"""NumPy's .npy: one array of numbers, its size checked before any of it is read."""

import math
import warnings
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.lib import format as npy

from ganmend.errors import UnreadableError

NUMBERS = "biufc"  # numpy's letters for kinds of numbers


def read_numpy(path: Path) -> np.ndarray:
    """The array of a .npy file of version 1, which numpy writes for all arrays of numbers.

    Args:
        path: of the file.

    Returns:
        The array, of the shape and type that its header says; it cannot be written to.

    Raises:
        UnreadableError: pickled objects, an archive of arrays, or a size that the file does not have.
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings(action="ignore"):  # Python 2 wrote numbers as 1L
            if npy.read_magic(file) != (1, 0):
                raise UnreadableError("is a .npy of another version than 1.0; save it again with numpy.save")
            shape, by_column, dtype = npy.read_array_header_1_0(file)
            if dtype.kind not in NUMBERS:
                raise UnreadableError(f"holds {dtype.name:.80}, no numbers; save it again as an array of numbers")
            data = file.read()
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
            raise UnreadableError(f"holds {len(data)} bytes for an array {shape!s:.80}; copy or download it again")
        return np.frombuffer(data, dtype).reshape(shape, order="F" if by_column else "C")
    except (ValueError, TypeError, OSError, SyntaxError, TokenError, RecursionError) as error:
        raise UnreadableError("is no whole .npy file; copy or download it again") from error
