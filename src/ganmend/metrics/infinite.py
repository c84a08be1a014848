"""FID at infinitely many images: what FID tends to once its bias at few images is taken off."""

import torch
from torch import Tensor

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
    found = [_fid(_part(real, share, generator), _part(fake, share, generator)) for share in shares.tolist()]
    return _height_at_zero(1 / shares, torch.stack(found))


def _height_at_zero(x: Tensor, y: Tensor) -> float:
    """Where the line of least squares through points (K,) and (K,) meets x = 0."""
    centred = x - x.mean()
    slope = (centred * y).sum() / (centred * centred).sum()
    return (y.mean() - slope * x.mean()).item()


def _part(features: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A random share of features (N, F), without repetition, in float64."""
    chosen = torch.randperm(len(features), generator=generator)[: round(share * len(features))]
    return features[chosen.to(features.device)].double()


def _fid(real: Tensor, fake: Tensor) -> Tensor:
    """FID of features (M, F) and (N, F), faster than by `frechet_distance`.

    With a root R of C = R^T R the trace of (C C')^1/2 is that of (R C' R^T)^1/2, whose matrix is symmetric.
    """
    mean, other_mean = real.mean(0), fake.mean(0)
    # Each (vectors, F), so that its own product with itself is the unbiased covariance.
    centred, other = ((side - side.mean(0)) / (len(side) - 1) ** 0.5 for side in (real, fake))
    root = torch.linalg.qr(centred, mode="r").R  # (F, F); unlike Cholesky's, also where a feature is always 0
    shared = torch.linalg.eigvalsh(root @ (other.T @ other) @ root.T).clamp(min=0).sqrt().sum()
    traces = centred.square().sum() + other.square().sum()
    found: Tensor = (mean - other_mean).square().sum() + traces - 2 * shared
    return found
