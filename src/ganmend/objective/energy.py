"""Distribution matching: the energy distance between generated and real features (Szekely and Rizzo 2013)."""

import torch
from torch import Tensor


def energy_distance(generated: Tensor, real: Tensor) -> Tensor:
    """2 E|x - y| - E|x - x'| - E|y - y'| for generated x (..., N, F) and real y (M, F) -> (...).

    Zero only where the two distributions agree. The first term pulls towards the real images, the second pushes
    generated ones apart, so that a collapsed class is never the optimum.
    """
    n, m = generated.shape[-2], len(real)
    across = torch.cdist(generated, real.expand(*generated.shape[:-2], -1, -1)).mean((-2, -1))
    within = _off_diagonal_distances(generated).sum((-2, -1)) / (n * (n - 1))
    among_real = torch.cdist(real, real).sum() / (m * (m - 1))
    return 2 * across - within - among_real


def _off_diagonal_distances(x: Tensor) -> Tensor:
    """Pairwise distances (..., N, N) with a zero, gradient-free diagonal; finite gradients between equal vectors."""
    squares = (x.unsqueeze(-2) - x.unsqueeze(-3)).square().sum(-1)
    diagonal = torch.eye(x.shape[-2], dtype=torch.bool, device=x.device)
    return (squares + 1e-12).sqrt().masked_fill(diagonal, 0.0)
