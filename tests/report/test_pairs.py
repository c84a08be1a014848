"""Samples above their nearest photographs: which stands above which."""

import pytest

from ganmend.report.pairs import GAP, beside_nearest
from tests.report.test_grids import flat, tiles


def test_each_sample_stands_above_its_photograph() -> None:
    shades = (-1, -0.5, 0, 0.5, 0.75, 1)  # shown as 0, 63, 127, 191, 223, 255
    picture = beside_nearest(flat(*shades), flat(*shades[::-1]))
    band = 2 * 66 + 2
    assert picture.size == (4 * 66 + 2, 2 * band + GAP)
    first = picture.crop((0, 0, picture.width, band))
    second = picture.crop((0, band + GAP, picture.width, picture.height))
    assert tiles(first, 4) == [[0, 63, 127, 191], [255, 223, 191, 127]]
    assert tiles(second, 2) == [[223, 255], [63, 0]]


def test_what_lies_between_is_transparent_so_that_it_is_no_slab_on_a_dark_page() -> None:
    picture = beside_nearest(flat(*[-1.0] * 5), flat(*[1.0] * 5))
    seen = {shade: pixels for pixels, shade in picture.getchannel("A").getcolors()}
    assert set(seen) == {0, 255}
    assert seen[255] == 10 * 64 * 64, "the images, and nothing else"
    assert picture.getpixel((3 * 66, 2 * 66 + 2 + GAP + 40))[3] == 0, "no sixth pair"


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_a_band(n: int) -> None:
    picture = beside_nearest(flat(*[-1.0] * n), flat(*[1.0] * n))
    assert picture.width == 66 * n + 2
    assert tiles(picture, n) == [[0] * n, [255] * n]


def test_small_images_are_enlarged_by_whole_pixels() -> None:
    assert beside_nearest(flat(0, size=24), flat(0, size=24)).size == (3 * 24 + 4, 2 * (3 * 24) + 6)
