"""Grids: the pixel scale, the order of images, and what stands beside what."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.report.grids import LABEL_HEIGHT, image_grid, labelled


def flat(*values: float, size: int = 64) -> torch.Tensor:
    """One grey image a value."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, size, size)


def tiles(picture: Image.Image, columns: int, size: int = 64) -> list[list[int]]:
    """Red of the middle of each tile, row by row; 2 white pixels stand around each."""
    pixels = np.asarray(picture)[..., 0]
    middles = range(2 + size // 2, pixels.shape[0], size + 2)
    return [[int(pixels[y, 2 + size // 2 + column * (size + 2)]) for column in range(columns)] for y in middles]


def test_minus_1_is_black_and_1_white_and_what_lies_outside_is_clamped() -> None:
    # 0 is (0 + 1) / 2 * 255 = 127.5, of which torchvision keeps the whole part.
    assert tiles(image_grid(flat(-1, 0, 1, -3, 3), 5), 5) == [[0, 127, 255, 0, 255]]


def test_the_scale_does_not_depend_on_what_the_images_hold() -> None:
    alone, together = image_grid(flat(-0.5), 1), image_grid(flat(-0.5, -1, 1), 3)
    assert tiles(alone, 1)[0][0] == tiles(together, 3)[0][0] == 63


def test_images_stand_row_by_row() -> None:
    values = (-1, -0.5, 0, 0.5, 0.75, 1)
    shades = [0, 63, 127, 191, 223, 255]  # (value + 1) / 2 * 255 without its fraction
    assert tiles(image_grid(flat(*values), 2), 2) == [shades[:2], shades[2:4], shades[4:]]
    assert image_grid(flat(*values)[:3], 8).width == 3 * 66 + 2, "no wider than its images"
    assert image_grid(flat(*[0.0] * 9)).size == (8 * 66 + 2, 2 * 66 + 2), "8 a row"


def test_the_border_is_white() -> None:
    pixels = np.asarray(image_grid(flat(-1, -1, -1, -1), 2))
    assert pixels.shape == (134, 134, 3)
    for line in (slice(0, 2), slice(66, 68), slice(132, 134)):
        assert (pixels[line] == 255).all()
        assert (pixels[:, line] == 255).all()
    assert (pixels == 0).all(2).sum() == 4 * 64 * 64


def test_channels_rows_and_columns_keep_their_places() -> None:
    images = -torch.ones(2, 3, 64, 64)
    images[0, 0, 5, 9] = images[0, 2, 40, 50] = 1
    pixels = np.asarray(image_grid(images, 1))
    assert pixels[2 + 5, 2 + 9].tolist() == [255, 0, 0]
    assert pixels[2 + 40, 2 + 50].tolist() == [0, 0, 255]


@pytest.mark.parametrize(("size", "shown"), [(16, 64), (32, 64), (40, 80), (64, 64), (65, 65)])
def test_small_images_are_enlarged_by_whole_pixels(size: int, shown: int) -> None:
    image = torch.rand(1, 3, size, size) * 2 - 1
    picture = np.asarray(image_grid(image))  # one image has no border
    assert picture.shape == (shown, shown, 3)
    small = (((image[0] + 1) / 2) * 255).permute(1, 2, 0).byte().numpy()  # (3, H, W) -> (H, W, 3)
    assert (picture == small.repeat(shown // size, 0).repeat(shown // size, 1)).all()


def test_bfloat16_images_may_be_shown() -> None:
    assert tiles(image_grid(flat(-1, 1).bfloat16(), 2), 2) == [[0, 255]]


@pytest.mark.parametrize("width", [180, 530, 2066])
def test_a_label_can_be_read_on_a_phone(width: int) -> None:
    grid = Image.new("RGB", (width, 100), "white")
    picture = labelled({"MENDED": grid, "": grid})
    ink = np.flatnonzero((np.asarray(picture.convert("L"))[: picture.height - 100] < 128).any(1))
    # Capitals are 0.7 of the letters' size, which is to be 11 of the 390 pixels of a phone; one pixel for rounding.
    assert (ink[-1] - ink[0] + 2) * 390 / picture.width >= 0.7 * 11


def test_a_long_label_stays_over_its_own_picture() -> None:
    grid = Image.new("RGB", (530, 100), "white")
    picture = np.asarray(
        labelled({"before (row of a class with a very long name indeed)": grid, "": grid}).convert("L")
    )
    assert (picture[:-100, :530] < 128).any()
    assert (picture[:-100, 530:] > 128).all()


def test_labelled_pictures_stand_from_left_to_right_under_their_labels() -> None:
    left, right = Image.new("RGB", (80, 30), "red"), Image.new("RGB", (50, 40), "blue")
    picture = labelled({"before": left, "after": right})
    assert picture.size == (80 + 16 + 50, 40 + LABEL_HEIGHT)
    pixels = np.asarray(picture)
    assert (pixels[LABEL_HEIGHT : LABEL_HEIGHT + 30, :80] == (255, 0, 0)).all()
    assert (pixels[LABEL_HEIGHT:, 96:] == (0, 0, 255)).all()
    assert (pixels[LABEL_HEIGHT + 30 :, :80] == 255).all()
    assert (pixels[:, 80:96] == 255).all(), "the gap"
    heads = pixels[:LABEL_HEIGHT] < 128
    assert heads[:, :80].any()
    assert heads[:, 96:].any()
    swapped = np.asarray(labelled({"after": left, "before": right}))
    assert (swapped[:LABEL_HEIGHT] != pixels[:LABEL_HEIGHT]).any(), "the labels stand over their own pictures"
