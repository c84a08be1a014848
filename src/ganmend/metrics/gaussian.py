"""Mean and covariance of features."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Gaussian:
    """The normal distribution with the moments of some feature vectors.

    Attributes:
        mean: (F,) float64.
        covariance: (F, F) float64, unbiased: divided by n - 1.
        n: how many vectors it was fitted on.
    """

    mean: Tensor
    covariance: Tensor
    n: int


def fit_gaussian(features: Tensor) -> Gaussian:
    """Mean and unbiased covariance, in float64, of features (N, F), N at least 2."""
    features = features.double()
    centred = features - features.mean(0)
    return Gaussian(features.mean(0), centred.T @ centred / (len(features) - 1), len(features))  # (F, N) @ (N, F)
