"""Samples above their nearest photographs: which stands above which."""

import pytest

from ganmend.report.grids import LABEL_HEIGHT
from ganmend.report.pairs import GAP, beside_nearest
from tests.report.test_grids import flat, tiles


def test_each_sample_stands_above_its_photograph() -> None:
    shades = (-1, -0.5, 0, 0.5, 0.75, 1)  # shown as 0, 63, 127, 191, 223, 255
    picture = beside_nearest(flat(*shades), flat(*shades[::-1]))
    assert picture.size == (4 * 66 + 2, LABEL_HEIGHT + 2 * (2 * 66 + 2) + GAP)
    band = 2 * 66 + 2
    first = picture.crop((0, LABEL_HEIGHT, picture.width, LABEL_HEIGHT + band))
    second = picture.crop((0, LABEL_HEIGHT + band + GAP, picture.width, picture.height))
    assert tiles(first, 4) == [[0, 63, 127, 191], [255, 223, 191, 127]]
    assert tiles(second, 2) == [[223, 255], [63, 0]]
    assert second.getpixel((3 * 66, 40)) == (255, 255, 255), "no third one"


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_a_band(n: int) -> None:
    assert tiles(beside_nearest(flat(*[-1.0] * n), flat(*[1.0] * n)).crop((0, LABEL_HEIGHT, 66 * n + 2, 156)), n) == [
        [0] * n,
        [255] * n,
    ]
