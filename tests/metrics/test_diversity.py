"""How different samples are: by hand, and MS-SSIM by its definition."""

import itertools
import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from ganmend.metrics.diversity import (
    PAIRS_AT_ONCE,
    mean_pairwise_distance,
    ms_ssim,
    ms_ssim_within,
    pixel_standard_deviation,
)
from tests.metrics.drawn import noise


def similar(n: int, height: int, width: int = 0) -> Tensor:
    """Images between noise and one shared image, so that MS-SSIM lies well between 0 and 1."""
    return 0.6 * noise(1, height, width, seed=1) + 0.4 * noise(n, height, width)


def test_mean_pairwise_distance_by_hand() -> None:
    # Six pairs of 0, 3i, 4, 4 + 3i: sides 3, 3, 4, 4 and two diagonals of 5.
    corners = torch.tensor([[0.0, 0.0], [0.0, 3.0], [4.0, 0.0], [4.0, 3.0]])
    assert mean_pairwise_distance(corners) == pytest.approx(24 / 6, rel=1e-12)
    assert mean_pairwise_distance(torch.ones(4, 3)) == 0


def test_mean_pairwise_distance_keeps_float64() -> None:
    # Distances 1/8 and 1/4: summed from squares in float32 they would drown beside 1000.
    points = torch.tensor([[1000.0], [1000.125], [1000.25]])
    assert mean_pairwise_distance(points) == pytest.approx((0.125 + 0.125 + 0.25) / 3, rel=1e-12)
    many = 1000 + torch.arange(64.0)[:, None] / 1024
    # Of n evenly spaced points the mean distance is (n + 1) / 3 spaces.
    assert mean_pairwise_distance(many) == pytest.approx(65 / 3 / 1024, rel=1e-9)


def test_mean_pairwise_distance_is_of_the_first_5000() -> None:
    points = torch.arange(6000.0)[:, None]
    assert mean_pairwise_distance(points) == pytest.approx(5001 / 3, rel=1e-9)


def test_pixel_standard_deviation_is_over_samples() -> None:
    images = noise(1, 4).repeat(2, 1, 1, 1)  # a picture full of contrast, twice
    assert pixel_standard_deviation(images) == 0
    images[:, 1, 2, 3] = torch.tensor([-1.0, 1.0])  # unbiased: sqrt((1 + 1) / (2 - 1)); one value of 3 * 4 * 4
    assert pixel_standard_deviation(images) == pytest.approx(math.sqrt(2) / 48, rel=1e-12)


def by_definition(first: Tensor, second: Tensor, sigma: float, exponents: tuple[float, ...]) -> float:
    """Equation 7 of Wang et al. 2003 for one pair of images (3, H, W) on [0, 1], in float64.

    Windows that reach over the border are left out, but at the coarsest scale, where the image is mirrored at it.
    """
    radius = int(3.5 * sigma + 0.5)
    window = torch.exp(-(torch.arange(-radius, radius + 1).double() ** 2) / (2 * sigma**2))
    kernel = (torch.outer(window, window) / window.sum() ** 2)[None, None]
    x, y, found = first.double()[:, None], second.double()[:, None], 1.0
    for scale, exponent in enumerate(exponents, 1):
        coarsest = scale == len(exponents)
        sides = [F.pad(side, [radius] * 4, mode="reflect") if coarsest else side for side in (x, y)]
        terms = (sides[0], sides[1], sides[0] ** 2, sides[1] ** 2, sides[0] * sides[1])
        mx, my, xx, yy, xy = (F.conv2d(term, kernel) for term in terms)
        contrast = (2 * (xy - mx * my) + 0.03**2) / (xx - mx**2 + yy - my**2 + 0.03**2)
        luminance = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
        found *= (luminance * contrast if coarsest else contrast).mean().item() ** exponent
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return found


FIVE, THREE = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), (0.3, 0.3, 0.4)  # the first: Wang et al. 2003, section 3.2


@pytest.mark.parametrize(
    ("height", "width", "sigma", "exponents"),
    [(32, 32, 0.5, THREE), (176, 175, 0.5, THREE), (175, 176, 0.5, THREE), (176, 176, 1.5, FIVE)],
)
def test_ms_ssim_by_its_definition_on_0_to_1(
    height: int, width: int, sigma: float, exponents: tuple[float, ...]
) -> None:
    # Dark images: on [-1, 1] their means would be far from 0 and their luminance term another.
    first, second = (0.8 * similar(4, height, width) - 0.2).split(2)
    expected = [by_definition((a + 1) / 2, (b + 1) / 2, sigma, exponents) for a, b in zip(first, second, strict=True)]
    assert ms_ssim(first, second).tolist() == pytest.approx(expected, abs=2e-5)  # float32, variances by differences
    assert 0.1 < min(expected) < max(expected) < 0.9
    assert abs(expected[0] - expected[1]) > 1e-4, "one value a pair"


def test_ms_ssim_of_two_even_greys_in_closed_form() -> None:
    # No contrast anywhere, so only luminance at the coarsest scale counts: (2 m m' + c) / (m^2 + m'^2 + c).
    for size, exponent in ((32, 0.4), (176, 0.1333)):
        first, second = (torch.full((1, 3, size, size), 2 * grey - 1) for grey in (0.2, 0.6))
        expected = ((2 * 0.2 * 0.6 + 0.01**2) / (0.2**2 + 0.6**2 + 0.01**2)) ** exponent
        assert ms_ssim(first, second).item() == pytest.approx(
            expected, abs=5e-4
        )  # float32: 1e-7 in variances beside 9e-4


def test_ms_ssim_does_not_stretch_pale_images() -> None:
    # The range is that of pixels in [-1, 1], whatever the images hold: pale images hardly differ.
    pale = 0.01 * noise(2)
    assert ms_ssim(pale[:1], pale[1:]).item() > 0.9 > 0.5 > ms_ssim(100 * pale[:1], 100 * pale[1:]).item()


def test_negatives_have_no_similarity_and_no_nan() -> None:
    image = noise(1)
    # Their contrast term is below 0, where a broken power is NaN; it counts as 0.
    assert ms_ssim(image, -image).item() == 0


def test_ms_ssim_of_slices_is_that_of_each_pair() -> None:
    first, second = similar(PAIRS_AT_ONCE + 3, 32), similar(PAIRS_AT_ONCE + 3, 32).flip(0)
    alone = torch.cat([ms_ssim(a[None], b[None]) for a, b in zip(first, second, strict=True)])
    torch.testing.assert_close(ms_ssim(first, second), alone)


def test_ms_ssim_never_pairs_an_image_with_itself() -> None:
    # Of two images only one pair is different, whichever is drawn.
    pair = similar(2, 32)
    assert ms_ssim_within(pair, pairs=20) == pytest.approx(ms_ssim(pair[:1], pair[1:]).item(), abs=1e-6)


def test_ms_ssim_pairs_all_images_alike() -> None:
    # Four images, darker one by one, so that all pairs differ: the mean over many draws is that over the six pairs.
    shared = noise(1, 12)
    images = torch.cat([shared * share + noise(1, 12, seed=9) * (1 - share) for share in (1.0, 0.8, 0.5, 0.1)])
    pairs = list(itertools.combinations(range(4), 2))
    each = torch.cat([ms_ssim(images[a][None], images[b][None]) for a, b in pairs]).double()
    n = 1600
    error = (each.std() / math.sqrt(n)).item()
    assert abs(ms_ssim_within(images, pairs=n, seed=3) - each.mean().item()) < 4 * error < 0.05


def test_ms_ssim_takes_200_seeded_pairs() -> None:
    images = similar(9, 16)
    assert ms_ssim_within(images) == ms_ssim_within(images, pairs=200, seed=0)
    assert ms_ssim_within(images, seed=1) == ms_ssim_within(images, seed=1) != ms_ssim_within(images, seed=2)
    assert ms_ssim_within(images, pairs=199) != ms_ssim_within(images)


@pytest.mark.parametrize("size", [32, 192])
def test_ms_ssim_of_a_collapsed_class_is_1(size: int) -> None:
    assert ms_ssim_within(noise(1, size).expand(4, -1, -1, -1), pairs=3) == pytest.approx(1, abs=1e-5)
    assert ms_ssim_within(noise(6, size), pairs=5) < 0.5
