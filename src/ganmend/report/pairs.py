"""Samples, each above the real photograph that is nearest to it."""

import math

from PIL import Image
from torch import Tensor

from ganmend.report.grids import SMALLEST_TILE
from ganmend.report.tiles import tiles

COLUMNS, BORDER, GAP = 4, 2, 16  # pairs a band; pixels around each image, and between bands


def beside_nearest(samples: Tensor, photographs: Tensor) -> Image.Image:
    """Put each sample above its photograph, four pairs a band.

    Args:
        samples: (P, 3, H, W) in [-1, 1], P at least 1.
        photographs: (P, 3, H, W), the nearest one of each.

    Returns:
        RGBA, the bands one below the other; what lies between the images is transparent.
    """
    pairs = list(zip(_enlarged(samples), _enlarged(photographs), strict=True))
    step = pairs[0][0].width + BORDER
    bands = math.ceil(len(pairs) / COLUMNS)
    across = step * min(COLUMNS, len(pairs)) + BORDER
    canvas = Image.new("RGBA", (across, bands * (2 * step + BORDER) + GAP * (bands - 1)))
    for number, pair in enumerate(pairs):
        band, column = divmod(number, COLUMNS)
        top = band * (2 * step + BORDER + GAP) + BORDER
        for row, picture in enumerate(pair):
            canvas.paste(picture, (column * step + BORDER, top + row * step))
    return canvas


def _enlarged(images: Tensor) -> list[Image.Image]:
    """Each image as a picture, small ones enlarged by whole numbers."""
    pictures = tiles(images, len(images))
    scale = max(1, math.ceil(SMALLEST_TILE / pictures[0].width))
    return [one.resize((one.width * scale, one.height * scale), Image.Resampling.NEAREST) for one in pictures]
