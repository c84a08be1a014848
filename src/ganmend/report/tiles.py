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
