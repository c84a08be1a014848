"""Reading a checkpoint's tensors without running code, and naming what is missing or left over."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import CheckpointError, UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.torch_file import read_torch

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
COUNTERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)  # may stand beside the weights


def read_file(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a .safetensors file or of a PyTorch checkpoint holding a state dict.

    Raises:
        CheckpointError: missing, empty, truncated, or needing more than tensors and plain containers.
    """
    if not path.is_file():
        raise CheckpointError(
            f"no file at {path}: give the path of a generator checkpoint, 'demo', a published name such as "
            "biggan-deep-128, or hf:OWNER/REPO"
        )
    if path.stat().st_size == 0:
        raise CheckpointError(f"{path} is empty: expected a generator checkpoint; copy or download it again")
    try:
        tensors, facts = read_safetensors(path) if path.suffix == ".safetensors" else (state_dict(read_torch(path)), {})
        _check_types(tensors)
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{path} {error}") from error
    return tensors, facts


def _check_types(tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if tensor.dtype not in FLOATS + COUNTERS:
            raise CheckpointError(f"holds {name!r} as {tensor.dtype}; save it again as float32")


def state_dict(content: object) -> dict[str, Tensor]:
    """The named tensors of what a PyTorch file holds, without the prefix of DataParallel.

    Raises:
        CheckpointError: it holds something else; the message goes on from the file's name.
    """
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise CheckpointError(f"holds {type(content).__name__}, expected a state dict of named tensors")
    if others := [key for key, value in content.items() if not isinstance(value, Tensor) or type(key) is not str]:
        raise CheckpointError(f"is no state dict: {others[0]!r:.80} is no tensor (expected named tensors only)")
    plain = {name.removeprefix("module."): tensor for name, tensor in content.items()}
    if len(plain) < len(content):
        raise CheckpointError("holds tensors twice, with and without 'module.' before their names; save one of each")
    return plain


def read_config(path: Path) -> dict[str, object]:
    """The config.json beside a checkpoint, or nothing where there is none.

    Raises:
        CheckpointError: it is no JSON object.
    """
    config = path.parent / "config.json"
    if path.suffix != ".bin" or not config.is_file():
        return {}
    try:
        content = parse_json(read_text(config))
    except UnreadableError as error:
        raise CheckpointError(f"{config} {error}; copy or download it again") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{config} holds no JSON object; copy or download it again")
    return content


@dataclass(frozen=True)
class ReadOptions:
    """What a format's reader may need beside the tensors; None takes the published checkpoints' value."""

    class_names: tuple[str, ...] = ()
    bn_eps: float | None = None
    sn_eps: float | None = None
    truncation: float | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def shape_of(tensors: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    """Shape of a tensor that must be there.

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
    """Hands out a checkpoint's tensors by name in float64, each once, and knows which are left.

    They are taken out of the dictionary, so that each is freed when it is folded: that halves the memory of loading.
    """

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._left = tensors

    def take(self, name: str, shape: tuple[int, ...] | None = None) -> Tensor:
        """A copy of the tensor in float64, checked for its type, its shape and for NaN."""
        if name not in self._left:
            raise CheckpointError(f"the checkpoint lacks the tensor {name!r}: it is incomplete or of another kind")
        tensor = self._left.pop(name)
        if shape is not None and tuple(tensor.shape) != shape:
            raise CheckpointError(f"tensor {name!r} has shape {tuple(tensor.shape)}, expected {shape}")
        if tensor.dtype not in FLOATS or not tensor.numel():
            raise CheckpointError(f"tensor {name!r} is {tensor.dtype} {tuple(tensor.shape)}, expected float numbers")
        if not all_finite(tensor):
            raise CheckpointError(f"tensor {name!r} holds NaN or infinity: the training that wrote it diverged")
        return tensor.to(torch.float64, copy=True)

    def ignore(self, *suffixes: str) -> None:
        """Bookkeeping tensors that evaluation does not read."""
        for name in [name for name in self._left if name.endswith(suffixes)]:
            del self._left[name]

    def finish(self) -> None:
        """Refuse what no reader asked for.

        Raises:
            CheckpointError: naming the unknown tensors.
        """
        if unknown := sorted(self._left):
            shown = ", ".join(f"{name!r:.80}" for name in unknown[:5])
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise CheckpointError(f"the checkpoint holds tensors that a BigGAN does not have: {shown}{more}")
