"""FID in closed form, KID by its definition, and both against torchmetrics fed by batches."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from ganmend.errors import OptionError
from ganmend.metrics.distances import LARGEST_SUBSET, frechet_distance, kernel_distance
from ganmend.metrics.gaussian import Gaussian, fit_gaussian
from tests.metrics.drawn import normal


class Pixels(nn.Module):
    """Features (N, F) of images (N, ...)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)


def gaussian(mean: list[float], covariance: list[list[float]], n: int) -> Gaussian:
    return Gaussian(torch.tensor(mean, dtype=torch.float64), torch.tensor(covariance, dtype=torch.float64), n)


def test_fid_of_diagonal_gaussians_in_closed_form() -> None:
    first = Gaussian(torch.zeros(3), torch.diag(torch.tensor([1.0, 4.0, 9.0])), 100)
    second = Gaussian(torch.tensor([1.0, 0.0, 2.0]), torch.diag(torch.tensor([4.0, 4.0, 1.0])), 50)
    # |m - m'|^2 + sum (s - s')^2 = 5 + 1 + 0 + 4.
    assert frechet_distance(first, second) == pytest.approx(10, rel=1e-9)


def test_fid_of_gaussians_that_lie_across_each_other() -> None:
    a, b = [[5.0, 2.0], [2.0, 1.0]], [[2.0, -1.0], [-1.0, 3.0]]
    # Of a 2 x 2 matrix P, tr P^1/2 = (tr P + 2 (det P)^1/2)^1/2. P = A B: tr P = 8 + 1 = 9, det P = 1 * 5.
    expected = 9 + 16 + 6 + 5 - 2 * math.sqrt(9 + 2 * math.sqrt(5))
    assert frechet_distance(gaussian([3, 0], a, 9), gaussian([0, 4], b, 7)) == pytest.approx(expected, rel=1e-9)


def test_fid_does_not_depend_on_how_many_a_gaussian_was_fitted_on() -> None:
    shape = [[5.0, 2.0], [2.0, 1.0]]
    found = [frechet_distance(gaussian([3, 0], shape, n), gaussian([1, 1], shape, m)) for n, m in ((2, 999), (999, 2))]
    assert found == pytest.approx([5, 5], rel=1e-9)  # |m - m'|^2 = 4 + 1


def test_fid_is_that_of_torchmetrics_fed_with_images() -> None:
    real, fake = normal(200, 12), 1.5 * normal(150, 12, seed=1) + 0.3
    metric = FrechetInceptionDistance(Pixels(12), normalize=True).set_dtype(torch.float64)
    metric.update(real.double().view(-1, 3, 2, 2), real=True)
    metric.update(fake.double().view(-1, 3, 2, 2), real=False)
    found = frechet_distance(fit_gaussian(real), fit_gaussian(fake))
    assert found == pytest.approx(metric.compute().item(), rel=1e-9)  # both float64 throughout


@pytest.mark.parametrize("n", [20, 300])
def test_fid_by_the_symmetric_root(n: int) -> None:
    # With n = 20 vectors of width 64 both covariances are singular.
    a, b = fit_gaussian(normal(n, 64)), fit_gaussian(2 * normal(n, 64, seed=1) + 1)
    values, vectors = np.linalg.eigh(a.covariance.numpy())
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ b.covariance.numpy() @ root).clip(min=0)).sum()
    traces = (a.covariance.trace() + b.covariance.trace()).item()
    expected = ((a.mean - b.mean) ** 2).sum().item() + traces - 2 * shared
    # A zero eigenvalue comes out as about 1e-15, its root as 3e-8; 64 of them against a distance above 100.
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_fid_of_a_set_with_itself_is_zero_and_never_below() -> None:
    still = fit_gaussian(torch.zeros(10, 4))
    assert frechet_distance(still, still) == 0
    for seed in range(8):
        own = fit_gaussian(normal(300, seed=seed))
        # Eigenvalues of C C are exact to about 1e-15 and near 1, so are their roots; six of them.
        assert 0 <= frechet_distance(own, own) < 1e-12


def kernel_mmd(real: Tensor, fake: Tensor) -> float:
    """The unbiased estimate of Gretton et al. 2012 (equation 3) with the kernel (x y / F + 1)^3."""
    m, n, width = len(real), len(fake), real.shape[1]
    own, made, across = ((a @ b.T / width + 1) ** 3 for a, b in ((real, real), (fake, fake), (real, fake)))
    within = (own.sum() - own.trace()) / (m * (m - 1)) + (made.sum() - made.trace()) / (n * (n - 1))
    return (within - 2 * across.mean()).item()


def test_kid_of_whole_sets_by_definition() -> None:
    # Both sets as large as the subset, so every subset is the whole set.
    real, fake = normal(40).double(), normal(40, seed=1).double() + 0.5
    assert kernel_distance(real, fake) == pytest.approx(kernel_mmd(real, fake), rel=1e-9)  # float64, order of summing


def test_kid_is_unbiased_and_the_smaller_side_sets_the_size() -> None:
    # All 10 fake vectors each time, against 10 of 30 real ones: over many seeds the mean is that of the whole sets,
    # which the biased estimate misses by about 2 * 2 / 10.
    real, fake = normal(30).double(), normal(10, seed=1).double()
    found = torch.tensor([kernel_distance(real, fake, subsets=1, seed=seed) for seed in range(300)])
    error = (found.std() / math.sqrt(300)).item()
    assert abs(found.mean().item() - kernel_mmd(real, fake)) < 4 * error < 0.2


def test_kid_of_equal_distributions_is_around_zero() -> None:
    found = torch.tensor([kernel_distance(normal(50, seed=2 * i), normal(40, seed=2 * i + 1)) for i in range(40)])
    assert found.min() < 0 < found.max()
    assert abs(found.mean()) < 4 * found.std() / math.sqrt(40) < 0.1
    assert kernel_distance(normal(400), normal(400, seed=1) + 1) > 0.5


def from_torchmetrics(real: Tensor, fake: Tensor, subsets: int, size: int, seed: int) -> float:
    metric = KernelInceptionDistance(Pixels(real.shape[1]), subsets=subsets, subset_size=size)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    torch.manual_seed(seed)
    return metric.compute()[0].item()


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save all")
def test_kid_is_the_mean_of_50_seeded_subsets_of_at_most_1000() -> None:
    real, fake = normal(60), normal(25, seed=1) + 0.5
    assert kernel_distance(real, fake) == from_torchmetrics(real, fake, 50, 25, 0)
    assert kernel_distance(real, fake, subsets=3, seed=7) == from_torchmetrics(real, fake, 3, 25, 7)
    assert kernel_distance(fake, real, seed=7) != kernel_distance(real, fake, seed=7)
    assert LARGEST_SUBSET == 1000  # as in the published code of Binkowski et al. 2018
    many, more = normal(1005, 3), normal(1100, 3, seed=1)
    assert kernel_distance(many, more, subsets=2) == from_torchmetrics(many, more, 2, 1000, 0)


def test_kid_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    first = kernel_distance(normal(60), normal(50, seed=1), seed=1)
    assert torch.equal(before, torch.get_rng_state())
    assert first == kernel_distance(normal(60), normal(50, seed=1), seed=1)
    assert first != kernel_distance(normal(60), normal(50, seed=1), seed=2)


@pytest.mark.parametrize(("m", "n"), [(1, 10), (10, 1)])
def test_kid_needs_two_of_each(m: int, n: int) -> None:
    with pytest.raises(OptionError, match=f"{m} real and {n} generated"):
        kernel_distance(normal(m), normal(n))
    assert math.isfinite(kernel_distance(normal(2), normal(2, seed=1)))
