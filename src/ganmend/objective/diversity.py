"""Diversity: how far apart images lie for latents that lie apart (Li et al. 2020, equation 2)."""

import torch
from torch import Tensor

from ganmend.errors import OptionError
from ganmend.objective.diversities import DIVERSITIES


def disjoint_pairs(n: int, generator: torch.Generator) -> Tensor:
    """n // 2 random pairs (n // 2, 2) in which no sample appears twice; of an odd n one sample stays out."""
    return torch.randperm(n, generator=generator)[: n // 2 * 2].view(2, -1).T  # (2, n // 2) -> (n // 2, 2)


def diversity_ratio(representation: Tensor, latents: Tensor, pairs: Tensor) -> Tensor:
    """Mean over pairs of |phi_i - phi_j| / |z_i - z_j|, divided pair by pair, then averaged.

    Args:
        representation: (trials, N, F) what diversity is measured in.
        latents: (N, dim_z) or (trials, N, dim_z), the latents that the generator was fed.
        pairs: (P, 2) indices of different samples.

    Returns:
        (trials,).
    """
    first, second = pairs.unbind(1)
    between_images = distance(representation[..., first, :], representation[..., second, :])
    between_latents = distance(latents[..., first, :], latents[..., second, :])
    return (between_images / between_latents).mean(-1)


def distance(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean over the last axis, with a finite gradient where a equals b."""
    return ((a - b).square().sum(-1) + 1e-12).sqrt()


def representation(kind: str, images: Tensor, logits: Tensor, features: Tensor) -> Tensor:
    """phi of the paper (Li et al. 2020, section 3.2), from what one pass through the classifier gives.

    Args:
        kind: 'softmax', 'features' or 'pixels'.
        images: (..., 3, H, W).
        logits: (..., n_classes).
        features: (..., F).

    Returns:
        (..., length of phi).

    Raises:
        OptionError: another kind.
    """
    match kind:
        case "softmax":
            return logits.softmax(-1)
        case "features":
            return features
        case "pixels":
            return images.flatten(-3)
    raise OptionError(f"unknown diversity {kind!r}; expected one of {', '.join(DIVERSITIES)}")
