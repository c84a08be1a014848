"""A checkpoint's tensors handed out one by one: checked, and what is missing or left over is named."""

import math
import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from ganmend.errors import CheckpointError, GanmendWarning
from ganmend.models.biggan.rewrites import norm_by_stored_vectors

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def shape_of(tensors: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    """Shape of a tensor that must be there.

    Args:
        tensors: by name.
        name: of the tensor.
        dimensions: how many numbers its shape must have.

    Returns:
        Its shape.

    Raises:
        CheckpointError: it is missing, or has another number of dimensions.
    """
    if name not in tensors:
        raise CheckpointError(f"the checkpoint lacks the tensor {name!r}: it is incomplete or of another kind")
    if tensors[name].dim() != dimensions:
        raise CheckpointError(
            f"tensor {name!r} has shape {tuple(tensors[name].shape)}, expected {dimensions} dimensions"
        )
    return tuple(tensors[name].shape)


def all_finite(numbers: Tensor) -> bool:
    """Whether there is neither NaN nor infinity; without a copy, whatever the strides: `isfinite` makes several."""
    return not numbers.numel() or all(math.isfinite(end.item()) for end in (numbers.amin(), numbers.amax()))


class TensorReader:
    """Hands out a checkpoint's tensors by name, each once and checked, and knows which are left.

    They are taken out of the dictionary, so that each is freed when it is folded: that halves the memory of loading.

    Args:
        tensors: by name; emptied by and by.
        folded: whether the tensors are folded already: then they are handed out in float32 as they lie in memory, which
            keeps a mapped file mapped. Else they are copied to float64, in which they are to be folded.
    """

    def __init__(self, tensors: dict[str, Tensor], *, folded: bool = False) -> None:
        self._left, self._folded = tensors, folded

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """Shape of a tensor that is not taken yet.

        Args:
            name: of the tensor.
            dimensions: how many numbers its shape must have.

        Returns:
            Its shape.

        Raises:
            CheckpointError: it is missing, or has another number of dimensions.
        """
        return shape_of(self._left, name, dimensions)

    def take(self, name: str, shape: tuple[int, ...] | None = None, *, may_be_empty: bool = False) -> Tensor:
        """A tensor, checked for its type, its shape and for NaN.

        Args:
            name: of the tensor.
            shape: that it must have; None takes any.
            may_be_empty: whether it may hold no number at all.

        Returns:
            Of that shape, on the CPU; its own copy in float64, or float32 where all is folded.

        Raises:
            CheckpointError: it is missing, of another shape or type, or holds NaN or infinity.
        """
        if name not in self._left:
            raise CheckpointError(f"the checkpoint lacks the tensor {name!r}: it is incomplete or of another kind")
        tensor = self._left.pop(name)
        if shape is not None and tuple(tensor.shape) != shape:
            raise CheckpointError(f"tensor {name!r} has shape {tuple(tensor.shape)}, expected {shape}")
        if tensor.dtype not in FLOATS or not (tensor.numel() or may_be_empty):
            raise CheckpointError(
                f"tensor {name!r} is {tensor.dtype} {tuple(tensor.shape)}, expected float numbers; save it as float32"
            )
        if not all_finite(tensor):
            raise CheckpointError(f"tensor {name!r} holds NaN or infinity: the training that wrote it diverged")
        return tensor.float() if self._folded else tensor.to(torch.float64, copy=True)

    def ignore(self, *suffixes: str) -> None:
        """Drop the bookkeeping tensors that evaluation does not read, by the ends of their names."""
        for name in [name for name in self._left if name.endswith(suffixes)]:
            del self._left[name]

    def finish(self) -> None:
        """Warn of what no reader asked for, all of it in one line: training adds counters and buffers of its own."""
        if unknown := sorted(self._left):
            shown = ", ".join(f"{name!r:.80}" for name in unknown[:5])
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            warnings.warn(
                f"the checkpoint holds tensors that this generator does not have: {shown}{more}; they are left out, as "
                "counters can be (were they layers, it would draw other images)",
                GanmendWarning,
                stacklevel=2,
            )


def stored_spectral_norm(reader: TensorReader, layer: str, weight: Tensor) -> Tensor:
    """The spectral norm of a layer that torch's `spectral_norm` was put on, by its stored vectors.

    Args:
        reader: of the checkpoint.
        layer: the name of the layer.
        weight: (out, ...), the layer's.

    Returns:
        (), in float64.

    Raises:
        CheckpointError: a vector is missing, or of another length.
    """
    u = reader.take(f"{layer}.weight_u", (len(weight),))
    return norm_by_stored_vectors(weight, u, reader.take(f"{layer}.weight_v", (weight[0].numel(),)))
