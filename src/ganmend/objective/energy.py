"""Distribution matching: the energy distance between generated and real features (Szekely and Rizzo 2013)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

BLOCK_BYTES = 1 << 26  # of the differences between vectors, at a time


def matching_distance(generated: Sequence[Tensor], real: Tensor) -> Tensor:
    """Mean over layers of the energy distance, relative to the real images' mean distance to each other.

    Relative, so that a layer's or a classifier's scale does not matter: 0 is a perfect match in every layer.

    Args:
        generated: (..., N, F) features of each layer.
        real: (M, sum of F) the same layers' features of real images, side by side.

    Returns:
        (...).
    """
    distances = []
    for x, y in zip(generated, real.split([x.shape[-1] for x in generated], -1), strict=True):
        distances.append(energy_distance(x, y) / _mean_distance_among(y))
    return torch.stack(distances).mean(0)


def energy_distance(generated: Tensor, real: Tensor) -> Tensor:
    """2 E|x - y| - E|x - x'| - E|y - y'| for generated x (..., N, F) and real y (M, F) -> (...).

    Zero only where the two distributions agree. The first term pulls towards the real images, the second pushes
    generated ones apart, so that a collapsed class is never the optimum.
    """
    n = generated.shape[-2]
    # Each expectation is a mean over pairs; among themselves over pairs of different images, so that it is unbiased.
    across = torch.cdist(generated, real.expand(*generated.shape[:-2], -1, -1)).mean((-2, -1))
    within = _off_diagonal_distances(generated).sum((-2, -1)) / (n * (n - 1))
    return 2 * across - within - _mean_distance_among(real)


def _mean_distance_among(real: Tensor) -> Tensor:
    m = len(real)
    return torch.cdist(real, real).sum() / (m * (m - 1))


def _off_diagonal_distances(x: Tensor) -> Tensor:
    """Pairwise distances (..., N, N) with a zero, gradient-free diagonal; finite gradients between equal vectors."""
    # The differences of one row from all are as many numbers as x: of many, some rows at a time, and again on the way
    # back (Chen et al. 2016). How many follows from x's size alone, and so does the order of the gradient's sums.
    blocks = x.split(max(1, BLOCK_BYTES // (x.numel() * x.element_size())), -2)
    if len(blocks) == 1:
        distances = _distances(x, x)
    else:
        distances = torch.cat([checkpoint(_distances, block, x, use_reentrant=False) for block in blocks], -2)
    diagonal = torch.eye(x.shape[-2], dtype=torch.bool, device=x.device)
    return distances.masked_fill(diagonal, 0.0)


def _distances(x: Tensor, y: Tensor) -> Tensor:
    """Between the rows of x (..., N, F) and of y (..., M, F): (..., N, M)."""
    squares = (x.unsqueeze(-2) - y.unsqueeze(-3)).square().sum(-1)
    return (squares + 1e-12).sqrt()
