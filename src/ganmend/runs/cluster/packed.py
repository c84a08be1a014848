"""An object and its tensors, packed so that processes of one machine use the tensors where they lie, without a copy.

What is packed is unpacked by processes of the same run only: it is no file, and nothing that came from elsewhere.
"""

import io
import pickle
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Packed:
    """An object apart from the memory of its tensors.

    Attributes:
        rest: all but that memory, as a pickle.
        memory: of the tensors, a row of bytes each; tensors that share memory share a row.
    """

    rest: bytes
    memory: tuple[Bytes, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.rest) + sum(row.nbytes for row in self.memory)


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies in the memory, and what it is."""

    row: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: str
    parameter: bool


def pack(whole: object) -> Packed:
    """Take an object apart. Tensors on a CPU are not copied: what is packed changes when they do.

    Args:
        whole: whatever pickle takes, with tensors in it.

    Returns:
        Its parts.
    """
    packer = _Packer(rest := io.BytesIO())
    packer.dump(whole)
    return Packed(rest.getvalue(), tuple(packer.rows.values()))


def unpack(packed: Packed) -> object:
    """Put an object together again.

    Args:
        packed: its parts; its memory may be read-only.

    Returns:
        An object whose tensors lie in the packed memory: of the same bits, and strides, since layers choose their way
        by these. Those that were on a GPU are on this process's own. Nothing may write into any of them.
    """
    return _Unpacker(packed).load()


class _Packer(pickle.Pickler):
    def __init__(self, rest: io.BytesIO) -> None:
        super().__init__(rest, pickle.HIGHEST_PROTOCOL)
        self.rows: dict[int, Bytes] = {}  # by address, so that tensors that share memory go on sharing it

    def persistent_id(self, one: object) -> _Place | None:
        """What stands in the pickle for a tensor; None has everything else pickled as ever."""
        if not isinstance(one, Tensor) or one.layout != torch.strided or one.is_meta:
            return None
        here = one.detach().cpu()
        storage = here.untyped_storage()
        if storage.data_ptr() not in self.rows:
            self.rows[storage.data_ptr()] = torch.empty(0, dtype=torch.uint8).set_(storage).numpy()
        row = list(self.rows).index(storage.data_ptr())
        place = int(here.storage_offset()), tuple(here.shape), here.stride(), here.dtype
        return _Place(row, *place, one.device.type, isinstance(one, torch.nn.Parameter))


class _Unpacker(pickle.Unpickler):
    def __init__(self, packed: Packed) -> None:
        super().__init__(io.BytesIO(packed.rest))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            self._storages = [torch.from_numpy(row).untyped_storage() for row in packed.memory]

    def persistent_load(self, place: _Place) -> Tensor:
        """The tensor that lies there."""
        tensor = torch.empty(0, dtype=place.dtype).set_(
            self._storages[place.row], place.offset, place.shape, place.stride
        )
        tensor = tensor.to(place.device)
        return torch.nn.Parameter(tensor, requires_grad=False) if place.parameter else tensor
