"""From what a file stores to 8-bit RGB as a viewer shows it: depth, transparency, profiles."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

BACKGROUND = (255, 255, 255)  # what shows through where a picture is transparent: white, as on a page
DEEP = ("I", "F")  # first letters of Pillow's modes of more than 8 bits
SAMPLE_FORMAT, PHOTOMETRIC, SIGNED, WHITE_IS_ZERO = 339, 262, 2, 0  # of TIFF
WHITES = (255.0, 2.0**16 - 1, 2.0**31 - 1, 2.0**32 - 1)  # of whole numbers


def eight_bits(image: Image.Image) -> Image.Image:
    """The same picture in a mode that can be resized and has a byte a colour: L, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith(DEEP):
        return _shallow(image)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _shallow(image: Image.Image) -> Image.Image:
    """A grey of 16 or 32 bits, or of floating point numbers, as one of 8 bits."""
    tags = getattr(image, "tag_v2", {})
    values = np.nan_to_num(np.asarray(image), nan=0.0)
    if image.mode == "I" and tags.get(SAMPLE_FORMAT, (SIGNED,))[0] != SIGNED:
        values = values.view(np.uint32)
    grey = np.rint(np.clip(values * np.float32(255 / _white(image, values)), 0, 255)).astype(np.uint8)
    return Image.fromarray(255 - grey if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO else grey)


def _white(image: Image.Image, values: NDArray[np.generic]) -> float:
    """The value that stands for white.

    16 bits reach to 65535. 32 bits and floating point numbers are containers of smaller ones as often as not: white is
    the smallest of WHITES that no value exceeds; or 1, of floating point numbers, which may overshoot it up to 2.

    Args:
        image: of a mode in DEEP.
        values: its pixels.

    Returns:
        The value, above 0.
    """
    brightest = float(values.max())
    if image.mode == "F" and brightest < 2:
        return 1.0
    if image.mode not in ("I", "F") or image.format in ("PNG", "PPM"):  # Pillow may give their 16 bits as 32
        return WHITES[1]
    return next((white for white in WHITES if brightest <= white), WHITES[-1])


def as_shown(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB of a picture in a mode of `eight_bits`: its profile converted to sRGB, put on BACKGROUND where transparent.

    Args:
        image: the picture.
        profile: ICC, of its file, or None; a broken one, or one of other colours than the picture's, is ignored.

    Returns:
        RGB, in sRGB.
    """
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = _in_srgb(image.convert("RGB") if alpha else image, profile)
    if alpha is None:
        return colours
    return Image.composite(colours, Image.new("RGB", image.size, BACKGROUND), alpha)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    try:
        if image.mode == "LAB":
            stored = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            stored = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        else:
            return image.convert("RGB")
        if "sRGB" in ImageCms.getProfileDescription(stored):  # converting it to itself would only round
            return image.convert("RGB")
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, stored, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        converted = None
    return image.convert("RGB") if converted is None else converted
