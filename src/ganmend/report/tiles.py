"""Images as small pictures of their own, for a page that lays them out as wide as the screen is."""

from collections.abc import Sequence

from PIL import Image
from torch import Tensor

from ganmend.report.grids import pixels

SHOWN = 20  # samples of each set: whole rows of 5, 4 and 2
LARGEST = 256  # pixels a side; larger images are made smaller, so that a page stays below some ten megabytes


def tiles(images: Tensor, most: int = SHOWN) -> tuple[Image.Image, ...]:
    """The first images, each as a picture, on the scale of `image_grid`.

    Args:
        images: (N, 3, H, W) in [-1, 1].
        most: of them, at most.

    Returns:
        RGB each, as large as the image is, or smaller where that has more than LARGEST pixels a side.
    """
    from torchvision.transforms.functional import to_pil_image

    made = [to_pil_image(image) for image in pixels(images[:most])]
    for picture in made:
        picture.thumbnail((LARGEST, LARGEST))
    return tuple(made)


def strip(pictures: Sequence[Image.Image]) -> Image.Image:
    """Square pictures of one size, from left to right without a gap, for a file that `from_strip` reads."""
    side = pictures[0].height
    made = Image.new("RGB", (side * len(pictures), side))
    for place, picture in enumerate(pictures):
        made.paste(picture, (side * place, 0))
    return made


def from_strip(picture: Image.Image) -> tuple[Image.Image, ...]:
    """The square pictures that stand from left to right in one."""
    side = picture.height
    return tuple(picture.crop((left, 0, left + side, side)) for left in range(0, picture.width, side))


def from_grid(picture: Image.Image, columns: int = 8, border: int = 2) -> tuple[Image.Image, ...]:
    """The square pictures of an `image_grid` of whole rows.

    Args:
        picture: the grid, of more than one image.
        columns: images a row.
        border: pixels around each.

    Returns:
        The pictures, row by row, as large as they stand there.
    """
    step = (picture.width - border) // columns
    side = step - border
    lefts, tops = range(border, step * columns, step), range(border, picture.height - side, step)
    return tuple(picture.crop((left, top, left + side, top + side)) for top in tops for left in lefts)


def stacked(rows: Sequence[Sequence[Image.Image]], gap: int = 2) -> Image.Image:
    """Rows of square pictures below each other, each picture as large as the largest one.

    Args:
        rows: pictures from left to right.
        gap: white pixels between them.

    Returns:
        RGB.
    """
    side = max(picture.width for row in rows for picture in row)
    step = side + gap
    made = Image.new("RGB", (max(map(len, rows)) * step, len(rows) * step), "white")
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            made.paste(picture.resize((side, side), Image.Resampling.NEAREST), (across * step, down * step))
    return made
