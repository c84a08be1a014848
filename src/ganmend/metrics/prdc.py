"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.errors import OptionError

NEIGHBOURS = 5
ROWS = 500  # of a distance matrix held at once: 20 MB against 5000 vectors


@dataclass(frozen=True)
class Prdc:
    """All four in [0, 1], but density, which may pass 1."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_radii(features: Tensor, k: int) -> Tensor:
    """Distance (N,) of each feature vector (N, F) to its k-th nearest other."""
    # The nearest is the vector itself, hence k + 1.
    return torch.cat([torch.cdist(rows, features).kthvalue(k + 1, dim=1).values for rows in features.split(ROWS)])


def prdc(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> Prdc:
    """From features real (M, F) and fake (N, F), with balls that reach to the k-th nearest neighbour.

    Raises:
        OptionError: a side has no k + 1 vectors.
    """
    if min(len(real), len(fake)) <= k:
        raise OptionError(
            f"{len(real)} real and {len(fake)} generated samples came; coverage needs more than {k} of each"
        )
    real, fake = real.double(), fake.double()
    real_radii, fake_radii = neighbour_radii(real, k), neighbour_radii(fake, k)
    balls = torch.zeros(len(fake), dtype=torch.float64, device=fake.device)  # real balls that hold each fake vector
    recalled = covered = 0.0
    for rows, radii in zip(real.split(ROWS), real_radii.split(ROWS), strict=True):
        distances = torch.cdist(rows, fake)
        in_real_ball = distances <= radii[:, None]
        balls += in_real_ball.sum(0)
        recalled += (distances <= fake_radii).any(1).sum().item()
        covered += in_real_ball.any(1).sum().item()
    return Prdc(
        precision=(balls > 0).double().mean().item(),
        recall=recalled / len(real),
        density=balls.mean().item() / k,
        coverage=covered / len(real),
    )
