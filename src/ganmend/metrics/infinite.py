"""FID at infinitely many images: what FID tends to once its bias at few images is taken off."""

import torch
from torch import Tensor

from ganmend.metrics.distances import fid_of_features

SIZES = 5  # at which FID is taken; the paper's fifteen take three times as long and are hardly more precise
MOST = 10_000  # images of either side that count: with more, FID has hardly any bias
LEAST_PER_FEATURE = 2  # images a feature; below, half of them have no full covariance, and the bias is no line in 1 / N


def fid_at_infinity(real: Tensor, fake: Tensor, *, seed: int = 0) -> float | None:
    """FID without its bias, extrapolated (Chong and Forsyth 2020, section 4).

    The bias of FID falls as 1 / N. So FID is taken of random parts, from half of the images to all of them, a line is
    laid through it over 1 / N, and its height at 1 / N = 0 is the answer. Other than in the paper both sides are
    thinned by the same share, since real images of one class are few too.

    Args:
        real: (M, F) features of real images; as of the samples, the first 10,000 count.
        fake: (N, F) features of generated images.
        seed: of the random parts; the global random state stays as it is.

    Returns:
        The estimate, around 0 for equal distributions and then as often below; None below 2 F images of either side.
    """
    if min(len(real), len(fake)) < LEAST_PER_FEATURE * real.shape[1]:
        return None
    real, fake = real[:MOST], fake[:MOST]
    generator = torch.Generator().manual_seed(seed)
    shares = torch.linspace(0.5, 1, SIZES, dtype=torch.float64)
    found = [fid_of_features(_part(real, share, generator), _part(fake, share, generator)) for share in shares.tolist()]
    return _height_at_zero(1 / shares, torch.tensor(found, dtype=torch.float64))


def _height_at_zero(x: Tensor, y: Tensor) -> float:
    """Where the line of least squares through points (K,) and (K,) meets x = 0."""
    centred = x - x.mean()
    slope = (centred * y).sum() / (centred * centred).sum()
    return (y.mean() - slope * x.mean()).item()


def _part(features: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A random share of features (N, F), without repetition, in float64."""
    chosen = torch.randperm(len(features), generator=generator)[: round(share * len(features))]
    return features[chosen.to(features.device)].double()
