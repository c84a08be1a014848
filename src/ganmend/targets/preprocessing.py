"""How images come to a classifier's size: generated ones, and photographs, which have the generator's size by then."""

import torch
import torch.nn.functional as F
from torch import Tensor


def resized(images: Tensor, size: int) -> Tensor:
    """(N, 3, H, W) -> (N, 3, size, size), bilinear, anti-aliased.

    Enlarging is linear along each axis, two products of matrices; PyTorch's own gradient takes several times as long.
    """
    height, width = images.shape[2:]
    if (height, width) == (size, size):
        return images
    if max(height, width) > size:
        return _interpolated(images, size, size)
    # What a unit matrix becomes, taken as a picture, is the resizing of that axis: (size, height) and (size, width).
    units = (torch.eye(n, dtype=images.dtype, device=images.device) for n in (height, width))
    rows, columns = (_interpolated(unit[None, None], size, len(unit))[0, 0] for unit in units)
    return rows @ (images @ columns.T)  # (N, 3, height, width) -> (N, 3, height, size) -> (N, 3, size, size)


def _interpolated(images: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(images, (height, width), mode="bilinear", antialias=True, align_corners=False)
