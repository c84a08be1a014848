"""One picture from its file: turned upright, its central square, at one size, in bounded memory."""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor

from ganmend.photographs.colours import as_shown, eight_bits
from ganmend.photographs.find import BROKEN

# Pixels of a picture that are decoded at most, Pillow's own limit: 0.36 GB as RGB. A JPEG that can be decoded at a
# smaller size may have four times as many.
MOST_PIXELS, MOST_PIXELS_REDUCED = 89_478_485, 4 * 89_478_485
TOO_LARGE = f"of more than {MOST_PIXELS // 10**6} megapixels"
# A JPEG is decoded at an eighth, a quarter or half of its size, where that is still this many times what is wanted: its
# decoder averages squares of pixels, and the Lanczos filter that follows takes little notice of that.
SPARE = 4


class UnreadablePictureError(Exception):
    """A picture cannot be read; the message says why, for a list of reasons."""


def read_picture(path: Path, kind: str, resolution: int) -> Tensor:
    """Read one picture as a viewer shows it.

    Its first frame, turned as its EXIF tag says; its central square, resized by Lanczos with anti-aliasing; its colours
    as in `colours`.

    Args:
        path: of a regular file.
        kind: Pillow's name of its format; no other format's reader sees the file.
        resolution: height and width that it gets.

    Returns:
        (3, resolution, resolution) uint8.

    Raises:
        UnreadablePictureError: broken, too large, or of a kind for which a package is missing.
    """
    if kind == "HEIF":
        _learn_heif()
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # Pillow's, of oddities in a file
            return _as_tensor(_square(_opened(file, kind, resolution), resolution))
    except UnreadablePictureError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadablePictureError(TOO_LARGE) from error
    except Exception as error:  # a broken file makes a reader raise anything at all
        raise UnreadablePictureError(BROKEN) from error


def _opened(file: BinaryIO, kind: str, resolution: int) -> Image.Image:
    """A picture whose pixels are not decoded yet, and will not take more memory than they may."""
    if kind != "JPEG":
        image = Image.open(file, formats=(kind,))
    else:
        image = JpegImageFile(file)  # which Image.open would refuse by its full size
        if "progressive" not in image.info:  # whose decoder holds the whole picture at any size
            _check_size(image, MOST_PIXELS_REDUCED)
            # PIL takes the smallest size that is not below the one asked for.
            image.draft(None, (SPARE * resolution,) * 2)
    _check_size(image, MOST_PIXELS)
    return image


def _check_size(image: Image.Image, most: int) -> None:
    if image.width * image.height > most:
        raise UnreadablePictureError(TOO_LARGE)


def _square(image: Image.Image, resolution: int) -> Image.Image:
    profile = image.info.get("icc_profile")
    with suppress(Exception):  # an orientation that cannot be read is none
        ImageOps.exif_transpose(image, in_place=True)
    image.load()
    plain = eight_bits(image)
    side = min(plain.size)
    left, top = (plain.width - side) // 2, (plain.height - side) // 2
    if plain.size != (resolution, resolution):
        box = (left, top, left + side, top + side)
        plain = plain.resize((resolution, resolution), Image.Resampling.LANCZOS, box)
    return as_shown(plain, profile)


def _as_tensor(image: Image.Image) -> Tensor:
    from torchvision.transforms.functional import pil_to_tensor

    pixels: Tensor = pil_to_tensor(image)
    return pixels


def _learn_heif() -> None:
    """Let Pillow read HEIC files.

    Raises:
        UnreadablePictureError: the package for it is missing.
    """
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise UnreadablePictureError("in HEIC, which need pip install 'ganmend[heic]'") from error
    register_heif_opener()
