"""Standard errors by leaving out samples: against the same by hand, and against how far figures really spread."""

import pytest
import torch

from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.metrics.jackknife import coverage_error, covered_by, diversity_error, jackknife_error, real_radii
from ganmend.metrics.prdc import prdc


def left_out(figure, samples: torch.Tensor) -> float:  # type: ignore[no-untyped-def]
    """The jackknife's error of a figure of samples, computed sample by sample."""
    n = len(samples)
    values = torch.tensor([figure(torch.cat([samples[:i], samples[i + 1 :]])) for i in range(n)], dtype=torch.float64)
    return jackknife_error(values)


def test_of_a_mean_it_is_the_standard_error_of_the_mean() -> None:
    values = torch.randn(12, dtype=torch.float64)
    without = (values.sum() - values) / 11
    assert jackknife_error(without) == pytest.approx(values.std().item() / 12**0.5)


@pytest.mark.parametrize("n", [3, 10, 41])
def test_diversity_is_left_out_sample_by_sample(n: int) -> None:
    features = torch.randn(n, 6)
    assert diversity_error(features) == pytest.approx(left_out(mean_pairwise_distance, features))


@pytest.mark.parametrize("n", [7, 30])
def test_coverage_is_left_out_sample_by_sample(n: int) -> None:
    real, fake = torch.randn(600, 3).double(), torch.randn(n, 3)  # more rows than are held at once
    covered = covered_by(real, real_radii(real), fake)
    assert covered.shape == (600, n)
    assert covered.any(1).double().mean().item() == prdc(real, fake).coverage
    assert coverage_error(covered) == pytest.approx(left_out(lambda some: prdc(real, some).coverage, fake))
    assert coverage_error(covered) > 0


def test_errors_are_those_of_many_draws() -> None:
    """The jackknife is a little too large on average (Efron and Stein 1981), never a half too small."""
    real = torch.randn(300, 2).double()
    radii = real_radii(real)
    draws = [torch.randn(20, 2) * 1.5 for _ in range(200)]
    covered = [covered_by(real, radii, fake) for fake in draws]
    for values, errors in (
        ([mean_pairwise_distance(fake) for fake in draws], [diversity_error(fake) for fake in draws]),
        ([one.any(1).double().mean().item() for one in covered], [coverage_error(one) for one in covered]),
    ):
        spread = torch.tensor(values).std().item()
        assert 0.85 < torch.tensor(errors).mean().item() / spread < 1.4  # 200 draws tell a deviation to 5 %


def test_samples_that_are_all_the_same_have_no_error() -> None:
    assert diversity_error(torch.ones(5, 3)) == pytest.approx(0, abs=1e-12)
    assert coverage_error(torch.ones(9, 4, dtype=torch.bool)) == 0
