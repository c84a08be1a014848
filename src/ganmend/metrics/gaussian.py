"""Mean and covariance of features."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Gaussian:
    """mean (F,) and unbiased covariance (F, F), float64, of n feature vectors."""

    mean: Tensor
    covariance: Tensor
    n: int


def fit_gaussian(features: Tensor) -> Gaussian:
    """From features (N, F), N at least 2."""
    features = features.double()
    centred = features - features.mean(0)
    return Gaussian(features.mean(0), centred.T @ centred / (len(features) - 1), len(features))
