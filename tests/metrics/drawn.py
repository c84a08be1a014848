"""Random numbers that the metrics' tests share, the same in every run."""

import torch
from torch import Tensor


def normal(n: int, width: int = 6, seed: int = 0) -> Tensor:
    """(n, width) from N(0, I)."""
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def noise(n: int, height: int = 32, width: int = 0, seed: int = 0) -> Tensor:
    """Images (n, 3, height, width or height) in [-1, 1]."""
    shape = (n, 3, height, width or height)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
