"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.errors import OptionError


@dataclass(frozen=True)
class Prdc:
    """All four in [0, 1], but density, which may pass 1."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_radii(features: Tensor, k: int) -> Tensor:
    """Distance (N,) of each feature vector (N, F) to its k-th nearest other."""
    return torch.cdist(features, features).kthvalue(k + 1, dim=1).values  # the nearest is the vector itself


def prdc(real: Tensor, fake: Tensor, k: int = 5) -> Prdc:
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
    distances = torch.cdist(real, fake)
    in_real_ball = distances <= real_radii[:, None]
    return Prdc(
        precision=in_real_ball.any(0).double().mean().item(),
        recall=(distances <= fake_radii).any(1).double().mean().item(),
        density=in_real_ball.double().sum(0).mean().item() / k,
        coverage=(distances.min(1).values <= real_radii).double().mean().item(),
    )
