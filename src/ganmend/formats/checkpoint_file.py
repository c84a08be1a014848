"""The named tensors of a checkpoint file, whatever its format."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import CheckpointError, UnreadableError
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.torch_file import read_torch
from ganmend.formats.tensors import FLOATS

COUNTERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)  # may stand beside the weights


def read_file(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a .safetensors file or of a PyTorch checkpoint holding a state dict.

    Args:
        path: whose suffix tells the two apart.

    Returns:
        Tensors by name, on the CPU, of the types that the file has; and a safetensors file's metadata.

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
    """Refuse types that neither weights nor counters have: complex numbers, floats of eight bits.

    Args:
        tensors: by name.

    Raises:
        CheckpointError: naming the first.
    """
    for name, tensor in tensors.items():
        if tensor.dtype not in FLOATS + COUNTERS:
            raise CheckpointError(f"holds {name!r} as {tensor.dtype}; save it again as float32")


def state_dict(content: object) -> dict[str, Tensor]:
    """The named tensors of what a PyTorch file holds, without the prefix of DataParallel.

    Args:
        content: of the file: a state dict, or a dictionary with one under 'state_dict'.

    Returns:
        Tensors by name, a new dictionary.

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
