"""How different the samples of one class are from each other."""

import torch
from torch import Tensor

SMALLEST_FOR_FIVE_SCALES = 176  # those scales of an 11-pixel window need more than 160 px
PAIRS_AT_ONCE = 8  # 200 pairs at once take 10 GB at 256 px
MOST_VECTORS = 5000  # whose 12 million distances take 100 MB


def mean_pairwise_distance(features: Tensor) -> float:
    """Mean Euclidean distance over all unordered pairs of features (N, F), N at least 2, in float64.

    Of more than 5,000 the first ones count; the mean over their pairs is without bias all the same.
    """
    return torch.pdist(features[:MOST_VECTORS].double()).mean().item()  # (N (N - 1) / 2,)


def pixel_standard_deviation(images: Tensor) -> float:
    """Standard deviation over samples, not over pixels, averaged over pixels and channels.

    Args:
        images: (N, 3, H, W) in [-1, 1], N at least 2.

    Returns:
        The mean of the unbiased deviations, in float64; 0 where all images are the same, whatever they show.
    """
    return images.double().std(0).mean().item()  # (N, 3, H, W) -> (3, H, W)


def ms_ssim_within(images: Tensor, pairs: int = 200, seed: int = 0) -> float:
    """Mean MS-SSIM of random pairs of different images, as Odena et al. 2017 (section 4.2) measure diversity.

    Args:
        images: (N, 3, H, W) in [-1, 1], N at least 2.
        pairs: how many, drawn with replacement.
        seed: of the pairs.

    Returns:
        In [0, 1]; 1 where all images are the same.
    """
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(len(images), (pairs,), generator=generator)
    # A step of 1 to N - 1 around the circle of images never ends where it began.
    second = (first + torch.randint(1, len(images), (pairs,), generator=generator)) % len(images)
    parts = zip(first.split(PAIRS_AT_ONCE), second.split(PAIRS_AT_ONCE), strict=True)
    return torch.cat([ms_ssim(images[a], images[b]) for a, b in parts]).double().mean().item()


def has_three_scales(images: Tensor) -> bool:
    """Whether MS-SSIM of images (..., H, W) is taken over three scales, since its own five do not fit."""
    return min(images.shape[-2:]) < SMALLEST_FOR_FIVE_SCALES


def ms_ssim(first: Tensor, second: Tensor) -> Tensor:
    """MS-SSIM of pairs of images on [0, 1] (Wang et al. 2003, equation 7).

    From 176 px on it has the paper's five scales, exponents and window, of 11 pixels (sigma 1.5). Below, where these do
    not fit, it has three scales and a window of 5 pixels (sigma 0.5): a figure of our own, to be compared with itself.

    Args:
        first: (N, 3, H, W) in [-1, 1].
        second: the partner of each, likewise.

    Returns:
        (N,) in [0, 1]; contrast terms below 0 count as 0.
    """
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    small = has_three_scales(first)
    # Its constants and its luminance term are made for light, which is never below 0.
    return multiscale_structural_similarity_index_measure(
        (first + 1) / 2,
        (second + 1) / 2,
        kernel_size=3 if small else 11,  # only for its check of the image's size: sigma sets the Gaussian window
        sigma=0.5 if small else 1.5,
        betas=(0.3, 0.3, 0.4) if small else (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        data_range=(0.0, 1.0),
        normalize="relu",
        reduction="none",
    )
