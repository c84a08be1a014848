"""Single pictures: their scale, their size, and the strip that keeps several in one file."""

import numpy as np
import torch

from ganmend.report.grids import image_grid
from ganmend.report.tiles import LARGEST, SHOWN, from_grid, from_strip, stacked, strip, tiles
from tests.report.test_grids import flat


def test_the_first_images_at_their_own_size_on_the_scale_of_grids() -> None:
    made = tiles(flat(-1, 0, 1, -3, 3, size=8), 4)
    assert [picture.size for picture in made] == [(8, 8)] * 4
    assert [picture.getpixel((3, 3))[0] for picture in made] == [0, 127, 255, 0]
    assert len(tiles(flat(*[0.0] * 30, size=2))) == SHOWN


def test_channels_rows_and_columns_keep_their_places() -> None:
    image = -torch.ones(1, 3, 8, 8)
    image[0, 0, 2, 5] = image[0, 2, 6, 1] = 1
    pixels = np.asarray(tiles(image)[0])
    assert pixels[2, 5].tolist() == [255, 0, 0]
    assert pixels[6, 1].tolist() == [0, 0, 255]


def test_large_images_are_made_smaller_and_keep_their_shade() -> None:
    (made,) = tiles(flat(0, size=2 * LARGEST))
    assert made.size == (LARGEST, LARGEST)
    assert made.getpixel((10, 10)) == (127, 127, 127)


def test_a_strip_gives_back_what_it_was_made_of() -> None:
    made = tiles(torch.rand(3, 3, 8, 8) * 2 - 1)
    joined = strip(made)
    assert joined.size == (24, 8)
    assert [picture.tobytes() for picture in from_strip(joined)] == [picture.tobytes() for picture in made]


def test_a_grid_gives_back_its_images_row_by_row() -> None:
    made = from_grid(image_grid(flat(-1, -0.5, 0, 0.5, 0.75, 1), 3), columns=3)
    assert [picture.getcolors() for picture in made] == [
        [(64 * 64, (shade, shade, shade))] for shade in (0, 63, 127, 191, 223, 255)
    ]


def test_rows_are_stacked_in_their_order_at_one_size() -> None:
    small, large = tiles(flat(-1, 0, size=4)), tiles(flat(1, size=8))
    joined = stacked([small, large])
    assert joined.size == (20, 20)
    assert [joined.getpixel(place)[0] for place in ((7, 7), (10, 0), (7, 10), (10, 10))] == [0, 127, 255, 255]
    assert joined.getpixel((8, 0)) == (255, 255, 255), "the gap"
