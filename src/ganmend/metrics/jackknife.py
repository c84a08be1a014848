"""How far a figure of few samples may be off: its standard error, by leaving out one sample after another.

The error is sqrt((n - 1) / n * sum_i (f_i - mean f)^2), where f_i is the figure without sample i (Efron and Stein 1981,
equation 1.4; for means over pairs Arvesen 1969). It takes no further samples and no assumption on how they spread.
"""

import torch
from torch import Tensor

from ganmend.metrics.diversity import MOST_VECTORS
from ganmend.metrics.prdc import NEIGHBOURS, ROWS, neighbour_radii


def jackknife_error(left_out: Tensor) -> float:
    """The standard error of a figure, given what it is without each of its n samples: (n,) float64, n at least 2."""
    n = len(left_out)
    return ((left_out - left_out.mean()).square().sum() * (n - 1) / n).sqrt().item()


def diversity_error(features: Tensor) -> float:
    """The standard error of `mean_pairwise_distance`.

    Args:
        features: (N, F), N at least 3.

    Returns:
        In units of the features.
    """
    features = features[:MOST_VECTORS].double()
    n = len(features)
    to_others = torch.cdist(features, features).sum(1)  # (N, N) -> (N,)
    pairs_without_one = (n - 1) * (n - 2) / 2
    return jackknife_error((to_others.sum() / 2 - to_others) / pairs_without_one)


def real_radii(real: Tensor) -> Tensor:
    """Radii (M,) of the balls around real images (M, F) float64, M above 5, as `prdc` takes them."""
    return neighbour_radii(real, NEIGHBOURS)


def covered_by(real: Tensor, radii: Tensor, fake: Tensor) -> Tensor:
    """Which samples lie in the ball of each real image.

    Args:
        real: (M, F) features of real images, float64.
        radii: (M,) of their balls.
        fake: (N, F) features of samples.

    Returns:
        (M, N) bool; the share of rows that hold a sample is the coverage.
    """
    parts = zip(real.split(ROWS), radii.split(ROWS), strict=True)
    return torch.cat([torch.cdist(rows, fake.double()) <= own[:, None] for rows, own in parts])


def coverage_error(covered: Tensor) -> float:
    """The standard error of the coverage, by the samples alone: the real images are what they are.

    Args:
        covered: (M, N) of `covered_by`, N at least 2.

    Returns:
        As a share of the real images.
    """
    alone = covered[covered.sum(1) == 1].sum(0)  # (N,): real images that no other sample covers
    return jackknife_error(-alone.double() / len(covered))  # the coverage itself falls out of the differences
