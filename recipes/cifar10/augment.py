"""Augmentation on whole batches of float images (N, 3, 32, 32) in [-1, 1]."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def flip_and_shift(images: Tensor, reach: int = 3) -> Tensor:
    """Random horizontal flips and shifts up to `reach` pixels, mirrored at the border."""
    n, _, height, width = images.shape
    images = torch.where(torch.rand(n, 1, 1, 1) < 0.5, images.flip(3), images)
    padded = F.pad(images, [reach] * 4, mode="reflect")
    top, left = torch.randint(0, 2 * reach + 1, (2, n))
    rows = (top[:, None] + torch.arange(height))[:, None, :, None]
    columns = (left[:, None] + torch.arange(width))[:, None, None, :]
    return padded[torch.arange(n)[:, None, None, None], torch.arange(3)[None, :, None, None], rows, columns]


def turn_and_scale(images: Tensor, degrees: float = 12.0, scale: float = 0.15, reach: float = 3.0) -> Tensor:
    """Random horizontal flips, and an affine map each: a turn, a change of size, a shift; mirrored at the border."""
    n, size = len(images), images.shape[-1]
    angle = (2 * torch.rand(n) - 1) * math.radians(degrees)
    zoom = 1 + (2 * torch.rand(n) - 1) * scale
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    shift = (2 * torch.rand(2, n) - 1) * 2 * reach / size  # the grid goes from -1 to 1
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    rows = [torch.stack([flip * cosine, -sine, shift[0]], 1), torch.stack([flip * sine, cosine, shift[1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)  # (N, 2, 3) -> (N, H, W, 2)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def shift_together(images: Tensor, reach: int = 4) -> Tensor:
    """One random shift up to `reach` pixels for the whole batch, mirrored at the border; cheap to differentiate."""
    top, left = torch.randint(0, 2 * reach + 1, (2,)).tolist()
    height, width = images.shape[2:]
    return F.pad(images, [reach] * 4, mode="reflect")[:, :, top : top + height, left : left + width]


def blur_and_noise(images: Tensor, share: float = 0.3) -> Tensor:
    """A 3x3 binomial blur on a share of the images, Gaussian noise of random strength on a share."""
    n = len(images)
    kernel = torch.tensor([1.0, 2.0, 1.0])
    kernel = (kernel[:, None] * kernel / 16).expand(3, 1, 3, 3)
    blurred = F.conv2d(F.pad(images, [1] * 4, mode="reflect"), kernel, groups=3)
    images = torch.where(torch.rand(n, 1, 1, 1) < share, blurred, images)
    strength = 0.12 * torch.rand(n, 1, 1, 1) * (torch.rand(n, 1, 1, 1) < share)
    return images + strength * torch.randn_like(images)


def jitter_colour(images: Tensor) -> Tensor:
    """Brightness, contrast and a tint, each of random strength."""
    n = len(images)
    contrast = 1 + 0.4 * (torch.rand(n, 1, 1, 1) - 0.5)
    tint = 0.3 * (torch.rand(n, 3, 1, 1) - 0.5)
    centre = images.mean((1, 2, 3), keepdim=True)
    return (centre + (images - centre) * contrast + tint).clamp(-1, 1)


def cut_out(images: Tensor, size: int = 8) -> Tensor:
    """A grey square at a random place, on half of the images."""
    n, _, height, width = images.shape
    top, left = torch.randint(0, height - size, (n, 1, 1)), torch.randint(0, width - size, (n, 1, 1))
    rows, columns = torch.arange(height)[None, :, None], torch.arange(width)[None, None, :]
    inside = (rows >= top) & (rows < top + size) & (columns >= left) & (columns < left + size)
    inside &= torch.rand(n, 1, 1) < 0.5
    return images.masked_fill(inside[:, None], 0.0)
