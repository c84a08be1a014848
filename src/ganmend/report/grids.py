"""Image grids on a fixed pixel scale, so that before and after can be compared."""

import math
from collections.abc import Mapping

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganmend.checks import check_whole
from ganmend.errors import OptionError

SMALLEST_TILE = 64
LABEL_HEIGHT, LABEL_SIZE = 22, 14  # of a line of text, and of its letters
PHONE, READABLE = 390, 11  # pixels: how wide a phone shows a picture, and letters that can be read there


def image_grid(images: Tensor, columns: int = 8) -> Image.Image:
    """Many images as one picture, row by row: -1 is black and 1 white, whatever the images hold.

    Args:
        images: (N, 3, H, W) in [-1, 1], what lies outside is clamped; images below 64 px are enlarged by whole numbers.
        columns: images a row.

    Returns:
        RGB, with 2 white pixels around each of several images.

    Raises:
        OptionError: no images of that shape, or no columns.
    """
    from torchvision.transforms.functional import to_pil_image
    from torchvision.utils import make_grid

    check_whole("columns", columns, 1)
    if not isinstance(images, Tensor) or images.dim() != 4 or images.shape[1] != 3 or not images.numel():
        came = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise OptionError(f"images {came} came; expected at least one, (N, 3, H, W) in [-1, 1]")
    scale = max(1, math.ceil(SMALLEST_TILE / images.shape[-1]))
    # Each pixel as scale x scale of them: (N, 3, scale * H, scale * W).
    enlarged = pixels(images).repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    grid: Image.Image = to_pil_image(make_grid(enlarged, nrow=columns, padding=2, pad_value=1.0))
    return grid


def pixels(images: Tensor) -> Tensor:
    """Images of any shape on the fixed scale: -1 is 0 and 1 is 1, what lies outside is clamped; on the CPU."""
    return ((images.float().cpu() + 1) / 2).clamp(0, 1)


def grid_size(images: int, resolution: int, columns: int) -> tuple[int, int]:
    """Width and height of `image_grid` of so many square images, in pixels."""
    tile = resolution * max(1, math.ceil(SMALLEST_TILE / resolution))
    if images == 1:
        return tile, tile
    across = min(columns, images)
    return across * (tile + 2) + 2, math.ceil(images / across) * (tile + 2) + 2


def labelled(grids: Mapping[str, Image.Image], gap: int = 16) -> Image.Image:
    """Put pictures side by side, each under its label, which can be read where a phone shows the whole.

    Args:
        grids: pictures by label, from left to right.
        gap: white pixels between them.

    Returns:
        RGB, as high as the highest and a line of text more.
    """
    width = sum(grid.width for grid in grids.values()) + gap * (len(grids) - 1)
    size = _label_size(grids, width)
    line = round(size * LABEL_HEIGHT / LABEL_SIZE)
    canvas = Image.new("RGB", (width, max(grid.height for grid in grids.values()) + line), "white")
    draw, left = ImageDraw.Draw(canvas), 0
    for label, grid in grids.items():
        draw.text((left + 2, round(size * 4 / LABEL_SIZE)), label, fill="black", font_size=size)
        canvas.paste(grid, (left, line))
        left += grid.width + gap
    return canvas


def _label_size(grids: Mapping[str, Image.Image], width: int) -> int:
    """The size of letters that a phone shows readably, or of those with which each label fits over its picture.

    Args:
        grids: pictures by label.
        width: of all of them side by side, in pixels.

    Returns:
        Pixels, LABEL_SIZE at least.
    """
    wanted = math.ceil(width * READABLE / PHONE)
    font = ImageFont.load_default(wanted)
    fits = [wanted * (grid.width - 4) / max(font.getlength(label), 1) for label, grid in grids.items()]
    return max(LABEL_SIZE, min(wanted, *map(int, fits)))
