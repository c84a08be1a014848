"""Random views of images: what a class looks like does not change when a picture is moved or its light changes.

A search that a classifier alone leads finds patterns that fool it. They rarely survive a flip, a shift and a little
noise, so the classifier is shown a new view of each image at every step (Mordvintsev et al. 2015; Athalye et al. 2018).
"""

import hashlib
import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

SCALE, SHIFT, TURN = 0.15, 0.125, 10.0  # either way: of the size, of the width and height, in degrees
BRIGHTNESS, CONTRAST, NOISE = 0.2, 0.2, 0.06  # either way, and a standard deviation, of pixels in [-1, 1]


@dataclass(frozen=True)
class Views:
    """One view of each of N images.

    Attributes:
        placements: (N, 2, 3) where in the image a place of the view lies: an affine map of [-1, 1] x [-1, 1].
        brightness: (N, 1, 1, 1) added.
        contrast: (N, 1, 1, 1) factor of each image's distance from its mean colour.
        noise: (N, 3, H, W) added.
    """

    placements: Tensor
    brightness: Tensor
    contrast: Tensor
    noise: Tensor

    def of(self, images: Tensor) -> Tensor:
        """The views of images (N, 3, H, W) in [-1, 1]: the same shape, differentiable, a little beyond the range."""
        grid = F.affine_grid(self.placements, list(images.shape), align_corners=False)
        seen = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
        mean = seen.mean((2, 3), keepdim=True)
        return mean + self.contrast * (seen - mean) + self.brightness + self.noise

    def split(self, sizes: list[int]) -> list["Views"]:
        """The views of so many images each."""
        columns = [getattr(self, entry.name).split(sizes) for entry in fields(self)]
        return [Views(*parts) for parts in zip(*columns, strict=True)]

    def repeated(self, times: int) -> "Views":
        """The same views of as many images again, and again: (N, ...) -> (times * N, ...)."""
        columns = (getattr(self, entry.name) for entry in fields(self))
        return Views(*(column.repeat(times, *[1] * (column.dim() - 1)) for column in columns))


def random_views(n: int, resolution: int, seed: int, purpose: str, device: torch.device) -> Views:
    """Views that follow from seed and purpose alone.

    Args:
        n: images.
        resolution: their height and width, in pixels.
        seed: any integer.
        purpose: separates the streams of one seed.
        device: where the images are.

    Returns:
        n views: mirrored or not, larger or smaller, shifted, turned, in other light, with noise.
    """
    key = hashlib.sha256(f"views/{purpose}/{seed}".encode()).digest()
    numbers = torch.Generator().manual_seed(int.from_bytes(key[:8], "little") >> 1)

    def either_way(most: float, *shape: int) -> Tensor:
        return (2 * torch.rand(n, *shape, generator=numbers) - 1) * most

    mirrored = torch.randint(2, (n,), generator=numbers) * 2.0 - 1
    size, turn = 1 + either_way(SCALE), either_way(math.radians(TURN))
    shift = either_way(2 * SHIFT, 2, 1)  # the grid's width is 2
    cosine, sine = size * turn.cos(), size * turn.sin()
    # Four times (n,) -> (n, 2, 2), and the shift (n, 2, 1) beside it.
    turned = torch.stack([mirrored * cosine, -sine, mirrored * sine, cosine], 1).view(n, 2, 2)
    brightness, contrast = either_way(BRIGHTNESS, 1, 1, 1), 1 + either_way(CONTRAST, 1, 1, 1)
    noise = NOISE * torch.randn(n, 3, resolution, resolution, generator=numbers)
    parts = (torch.cat([turned, shift], 2), brightness, contrast, noise)
    return Views(*(part.to(device) for part in parts))
