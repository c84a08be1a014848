"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.errors import OptionError

NEIGHBOURS = 5
ROWS = 500  # of a distance matrix held at once: 20 MB against 5000 vectors


@dataclass(frozen=True)
class Prdc:
    """How samples and real images lie among each other.

    Attributes:
        precision: in [0, 1]: share of samples inside a ball around a real image.
        recall: in [0, 1]: share of real images inside a ball around a sample.
        density: at least 0: real balls that hold a sample, in units of k; about 1 for equal distributions.
        coverage: in [0, 1]: share of real images whose ball holds a sample.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_radii(features: Tensor, k: int) -> Tensor:
    """Radius of each vector's ball: the distance to its k-th nearest other.

    Args:
        features: (N, F), N above k.
        k: 1 is the nearest other.

    Returns:
        (N,), in the features' type.
    """
    # (ROWS, N) distances at a time; the nearest is the vector itself, hence k + 1.
    return torch.cat([torch.cdist(rows, features).kthvalue(k + 1, dim=1).values for rows in features.split(ROWS)])


def prdc(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> Prdc:
    """Precision, recall (Kynkaanniemi et al. 2019, section 2), density and coverage (Naeem et al. 2020, section 3).

    Args:
        real: (M, F) features of real images.
        fake: (N, F) features of samples.
        k: balls reach to the k-th nearest other of their own side, border included.

    Returns:
        All four, from distances in float64.

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
        distances = torch.cdist(rows, fake)  # (ROWS, N)
        in_real_ball = distances <= radii[:, None]  # (ROWS, N) against (ROWS, 1): each row its own ball
        balls += in_real_ball.sum(0)
        # Against (N,): each column its own ball.
        recalled += (distances <= fake_radii).any(1).sum().item()
        covered += in_real_ball.any(1).sum().item()
    return Prdc(
        precision=(balls > 0).double().mean().item(),
        recall=recalled / len(real),
        density=balls.mean().item() / k,
        coverage=covered / len(real),
    )
