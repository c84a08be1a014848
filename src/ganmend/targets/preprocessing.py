"""How images come to a classifier's size: generated ones, and a user's own, which are read and cropped first."""

import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ganmend.errors import GanmendWarning, ImageFolderError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def resized(images: Tensor, size: int) -> Tensor:
    """(N, 3, H, W) -> (N, 3, size, size), bilinear, anti-aliased.

    Enlarging is linear along each axis, two products of matrices; PyTorch's own gradient takes several times as long.
    """
    height, width = images.shape[2:]
    if (height, width) == (size, size):
        return images
    if max(height, width) > size:
        return _interpolated(images, size, size)
    # What a unit matrix becomes, taken as a picture, is the resizing of that axis: (size, height) and (size, width).
    units = (torch.eye(n, dtype=images.dtype, device=images.device) for n in (height, width))
    rows, columns = (_interpolated(unit[None, None], size, len(unit))[0, 0] for unit in units)
    return rows @ (images @ columns.T)  # (N, 3, height, width) -> (N, 3, height, size) -> (N, 3, size, size)


def _interpolated(images: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(images, (height, width), mode="bilinear", antialias=True, align_corners=False)


def read_images(folder: str | Path, resolution: int) -> Tensor:
    """Read all images below a folder, in order of their paths; broken ones are skipped with a warning that counts them.

    Args:
        folder: with any folders in it.
        resolution: height and width that they get: their central square, resized by Lanczos with anti-aliasing.

    Returns:
        (N, 3, resolution, resolution) float32 in [-1, 1].

    Raises:
        ImageFolderError: no such folder, or no image in it that can be read.
    """
    folder = Path(folder)
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
