"""Tiny networks of torchvision's and timm's with random weights, and files of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor

MODEL, N_CLASSES, SIZE = "test_resnet", 7, 32  # half a million weights
NAMES = tuple(f"kind {letter}" for letter in "gfedcba")


def network(n_classes: int = N_CLASSES, model: str = MODEL, **options: Any) -> Any:
    """The network, the same each time but for the number of classes."""
    torch.manual_seed(n_classes)
    return timm.create_model(model, num_classes=n_classes, **options).eval()


def saved(path: Path, content: object) -> str:
    """Save a file; by what name its network is a classifier."""
    torch.save(content, path)
    return f"timm:{MODEL}@{path},size={SIZE}"


def prefixed(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def images(n: int = 3, size: int = SIZE) -> Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1
