"""Samples, each above the real photograph that is nearest to it."""

from PIL import Image
from torch import Tensor, cat

from ganmend.report.grids import image_grid, labelled

COLUMNS, GAP = 4, 16


def beside_nearest(samples: Tensor, photographs: Tensor) -> Image.Image:
    """Put each sample above its photograph, four pairs a band.

    Args:
        samples: (P, 3, H, W) in [-1, 1], P at least 1.
        photographs: (P, 3, H, W), the nearest one of each.

    Returns:
        RGB, the bands one below the other, under one label.
    """
    bands = [
        image_grid(cat([above, below]), columns=len(above))
        for above, below in zip(samples.split(COLUMNS), photographs.split(COLUMNS), strict=True)
    ]
    size = max(band.width for band in bands), sum(band.height for band in bands) + GAP * (len(bands) - 1)
    stacked, top = Image.new("RGB", size, "white"), 0
    for band in bands:
        stacked.paste(band, (0, top))
        top += band.height + GAP
    return labelled({"samples, photographs below": stacked})
