"""A user's own images: read, cropped to a square, resized."""

import warnings
from pathlib import Path

import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ganmend.errors import GanmendWarning, ImageFolderError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def read_images(folder: Path, resolution: int) -> Tensor:
    """All images below a folder: (N, 3, resolution, resolution) float32 in [-1, 1], centre-cropped, anti-aliased.

    Broken files are skipped with one warning that counts them.

    Raises:
        ImageFolderError: no such folder, or no image in it that can be read.
    """
    if not folder.is_dir():
        raise ImageFolderError(f"no folder at {folder}: expected a folder of real images")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    images, broken = [], []
    for path in paths:
        try:
            images.append(_read(path, resolution))
        except (OSError, UnidentifiedImageError, ValueError):
            broken.append(path)
    if not images:
        found = f"{len(broken)} broken ones" if broken else "none"
        raise ImageFolderError(f"{folder} holds no image that can be read (found {found}); expected JPEG or PNG files")
    if broken:
        warnings.warn(
            f"skipped {len(broken)} of {len(paths)} images that cannot be read, first {broken[0]}",
            GanmendWarning,
            stacklevel=2,
        )
    return torch.stack(images)


def _read(path: Path, resolution: int) -> Tensor:
    from torchvision.transforms.functional import pil_to_tensor

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    if image.size != (resolution, resolution):
        image = image.resize((resolution, resolution), Image.Resampling.LANCZOS, box)
    result: Tensor = pil_to_tensor(image).float() / 127.5 - 1
    return result
