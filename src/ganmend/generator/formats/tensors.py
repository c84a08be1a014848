"""Reading a checkpoint's tensors without running code, and naming what is missing or left over."""

import json
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.unpickling import load_plain


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
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _state_dict(_unpickle(path), path), {}


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a whole safetensors file ({error}); copy or download it again") from error


def _unpickle(path: Path) -> object:
    try:
        return load_plain(path)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise CheckpointError(
                f"{path} asks to run code on loading, which ganmend never does: "
                "save it again as a plain state dict of tensors"
            ) from error
        raise CheckpointError(f"{path} is not a readable PyTorch checkpoint; copy or download it again") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path} is truncated or no PyTorch checkpoint; copy or download it again") from error


def _state_dict(content: object, path: Path) -> dict[str, Tensor]:
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise CheckpointError(f"{path} holds {type(content).__name__}, expected a state dict of named tensors")
    if others := [str(name) for name, value in content.items() if not isinstance(value, Tensor)]:
        raise CheckpointError(f"{path} is no state dict: {others[0]!r} is no tensor (expected named tensors only)")
    return {str(name).removeprefix("module."): tensor for name, tensor in content.items()}


def read_config(path: Path) -> dict[str, object]:
    """The config.json beside a checkpoint, or nothing where there is none.

    Raises:
        CheckpointError: it is no JSON object.
    """
    config = path.parent / "config.json"
    if path.suffix != ".bin" or not config.is_file():
        return {}
    try:
        content = json.loads(config.read_text())
    except (ValueError, OSError) as error:
        raise CheckpointError(f"{config} cannot be read as JSON ({error}); copy or download it again") from error
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


class TensorReader:
    """Hands out a checkpoint's tensors by name in float64, and knows which were never asked for."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors, self._taken = tensors, set[str]()

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def take(self, name: str, shape: tuple[int, ...] | None = None) -> Tensor:
        """The tensor in float64, checked for its shape and for NaN."""
        if name not in self._tensors:
            raise CheckpointError(f"the checkpoint lacks the tensor {name!r}: it is incomplete or of another kind")
        tensor = self._tensors[name]
        self._taken.add(name)
        if shape is not None and tuple(tensor.shape) != shape:
            raise CheckpointError(f"tensor {name!r} has shape {tuple(tensor.shape)}, expected {shape}")
        tensor = tensor.to(torch.float64)
        if not tensor.isfinite().all():
            raise CheckpointError(f"tensor {name!r} holds NaN or infinity: the training that wrote it diverged")
        return tensor

    def ignore(self, *suffixes: str) -> None:
        """Bookkeeping tensors that evaluation does not read."""
        self._taken.update(name for name in self._tensors if name.endswith(suffixes))

    def finish(self) -> None:
        """Refuse what no reader asked for.

        Raises:
            CheckpointError: naming the unknown tensors.
        """
        if unknown := sorted(set(self._tensors) - self._taken):
            shown = ", ".join(repr(name) for name in unknown[:5])
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise CheckpointError(f"the checkpoint holds tensors that a BigGAN does not have: {shown}{more}")
