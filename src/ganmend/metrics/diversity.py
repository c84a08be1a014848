"""How different the samples of one class are from each other."""

import torch
from torch import Tensor

SMALLEST_FOR_DEFAULTS = 176  # five scales of an 11-pixel window need more than 160 px
PAIRS_AT_ONCE = 8  # 200 pairs at once take 10 GB at 256 px


def mean_pairwise_distance(features: Tensor) -> float:
    """Mean Euclidean distance over all unordered pairs of features (N, F), N at least 2."""
    return torch.pdist(features.double()).mean().item()


def pixel_standard_deviation(images: Tensor) -> float:
    """Standard deviation over samples (N, 3, H, W), averaged over pixels and channels; image range [-1, 1]."""
    return images.double().std(0).mean().item()


def ms_ssim_within(images: Tensor, pairs: int = 200, seed: int = 0) -> float:
    """Mean MS-SSIM (Wang et al. 2003) over random pairs of different images (N, 3, H, W) in [-1, 1]; 1 is collapsed.

    Below 176 px three scales of a 3-pixel window are used, since the five of the definition do not fit.
    """
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(len(images), (pairs,), generator=generator)
    second = (first + torch.randint(1, len(images), (pairs,), generator=generator)) % len(images)
    parts = zip(first.split(PAIRS_AT_ONCE), second.split(PAIRS_AT_ONCE), strict=True)
    return torch.cat([ms_ssim(images[a], images[b]) for a, b in parts]).double().mean().item()


def ms_ssim(first: Tensor, second: Tensor) -> Tensor:
    """MS-SSIM (N,) of each of `first` (N, 3, H, W) with its partner in `second`, both in [-1, 1]."""
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    small = min(first.shape[-2:]) < SMALLEST_FOR_DEFAULTS
    return multiscale_structural_similarity_index_measure(
        first,
        second,
        kernel_size=3 if small else 11,
        sigma=0.5 if small else 1.5,
        betas=(0.3, 0.3, 0.4) if small else (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        data_range=(-1.0, 1.0),
        normalize="relu",
        reduction="none",
    )
