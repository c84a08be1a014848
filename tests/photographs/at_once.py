"""All photographs of a folder at once, which fit a test's memory."""

from pathlib import Path

import torch

from ganmend.photographs.reading import Photographs


def read_images(folder: str | Path, resolution: int) -> torch.Tensor:
    """(N, 3, resolution, resolution) in [-1, 1]."""
    photographs = Photographs(folder, resolution)
    return torch.cat([images for images, _ in photographs.batches(len(photographs))])
