"""FID at infinity: the distance of known Gaussians is found where plain FID is biased."""

import math

import pytest
import torch
from torch import Tensor

from ganmend.metrics.distances import fid_of_features, frechet_distance
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.infinite import LEAST_PER_FEATURE, MOST, fid_at_infinity
from tests.metrics.drawn import normal

WIDTH, RUNS = 16, 60
SPREAD = torch.arange(1, WIDTH + 1).double() ** -0.5  # standard deviations that fall, as those of real features do


def drawn(n: int, seed: int, shift: float = 0.0, scale: float = 1.0) -> Tensor:
    return (normal(n, WIDTH, seed) * scale + shift) * SPREAD


@pytest.mark.parametrize(("m", "n"), [(64, 64), (64, 400), (400, 64)])
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.6, 1.5)])
def test_the_true_distance_is_found_where_plain_fid_is_biased(m: int, n: int, shift: float, scale: float) -> None:
    # |m - m'|^2 + sum (s - s')^2 of Gaussians along the same axes.
    true = ((shift**2 + (scale - 1) ** 2) * SPREAD.square().sum()).item()
    sides = [(drawn(m, 2 * run), drawn(n, 2 * run + 1, shift, scale)) for run in range(RUNS)]
    found = torch.tensor([fid_at_infinity(real, fake) for real, fake in sides])
    plain = torch.tensor([frechet_distance(fit_gaussian(real), fit_gaussian(fake)) for real, fake in sides])
    error = (found.std() / math.sqrt(RUNS)).item()
    assert abs(found.mean().item() - true) < 4 * error
    assert plain.mean().item() - true > 5 * (plain.std() / math.sqrt(RUNS)).item()
    assert error < (plain.mean().item() - true) / 4, "it tells the two apart"


def test_fid_is_that_of_the_verdict() -> None:
    real, fake = drawn(70, 0).double(), drawn(50, 1, 0.5, 2.0).double()
    expected = frechet_distance(fit_gaussian(real), fit_gaussian(fake))
    assert fid_of_features(real, fake) == pytest.approx(expected, rel=1e-9)  # both float64
    real[:, 3] = 0  # a feature that is always 0, as of a network's dead unit: one covariance is singular
    expected = frechet_distance(fit_gaussian(real), fit_gaussian(fake))
    assert fid_of_features(real, fake) == pytest.approx(expected, rel=1e-6)  # the root of 1e-16 is 1e-8


def test_the_seed_is_of_the_parts_and_the_global_state_stays() -> None:
    real, fake, before = drawn(64, 0), drawn(70, 1), torch.get_rng_state()
    assert fid_at_infinity(real, fake) == fid_at_infinity(real, fake, seed=0) != fid_at_infinity(real, fake, seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_too_few_images_give_none() -> None:
    enough = LEAST_PER_FEATURE * WIDTH
    assert enough == 32
    assert fid_at_infinity(drawn(enough - 1, 0), drawn(99, 1)) is None
    assert fid_at_infinity(drawn(99, 0), drawn(enough - 1, 1)) is None
    assert fid_at_infinity(drawn(enough, 0), drawn(enough, 1)) is not None


def test_the_first_10000_of_either_side_count() -> None:
    assert MOST == 10_000
    real, fake = normal(MOST + 50, 2), normal(MOST + 70, 2, seed=1) + 0.1
    assert fid_at_infinity(real, fake) == fid_at_infinity(real[:MOST], fake[:MOST])
    assert fid_at_infinity(real[50:], fake) != fid_at_infinity(real, fake)
