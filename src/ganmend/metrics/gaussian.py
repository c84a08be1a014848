"""Mean and covariance of features."""

from dataclasses import dataclass

import torch
from torch import Tensor

ROWS = 10_000  # of features held in float64 at once


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
    mean = torch.stack([rows.double().sum(0) for rows in features.split(ROWS)]).sum(0) / len(features)
    scatter = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=features.device)
    for rows in features.split(ROWS):
        centred = rows.double() - mean
        scatter += centred.T @ centred  # (F, ROWS) @ (ROWS, F)
    return Gaussian(mean, scatter / (len(features) - 1), len(features))
