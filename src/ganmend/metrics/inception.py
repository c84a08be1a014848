"""FID, KID, precision and recall in Inception's features, by torch-fidelity: figures to compare with papers."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganmend.errors import OptionError
from ganmend.metrics.distances import frechet_distance
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.progress import OnProgress, Progress, ignore

PUBLISHED_N = 50_000  # samples of most papers
WIDTH = 2048  # features an image
NEIGHBOURS, LARGEST_SUBSET = 3, 1000  # torch-fidelity's own: of precision and recall, of KID
IMAGES_AT_ONCE = 50  # a layer of 299 px takes 300 MB
ROWS = 500  # of a matrix of distances held at once: 100 MB against 50,000


@dataclass(frozen=True)
class InceptionFigures:
    """What torch-fidelity's `calculate_metrics` gives with feature_extractor='inception-v3-compat'.

    Attributes:
        fid: at least 0.
        kid: the mean over 100 subsets of 1,000 images, or of all where a side has fewer.
        precision: in [0, 1], by 3 neighbours.
        recall: likewise.
    """

    fid: float
    kid: float
    precision: float
    recall: float


def saved_bytes(images: Tensor) -> Tensor:
    """Images in [-1, 1] as the bytes that a saved PNG holds: the whole part of 255 levels."""
    return ((images.float() + 1) / 2).clamp(0, 1).mul(255).byte()


def read_bytes(images: Tensor) -> Tensor:
    """Images that were read, in [-1, 1], as the nearest bytes: those of the file where nothing was resized."""
    return ((images.float() + 1) * 127.5).round().clamp(0, 255).byte()


@torch.no_grad()
def inception_features(
    network: nn.Module, batches: Iterable[Tensor], *, stage: str, n: int, on_progress: OnProgress = ignore
) -> Tensor:
    """Features of images that come batch by batch, none of which is kept.

    Args:
        network: of `load_inception`.
        batches: bytes (any number, 3, H, W).
        stage: in progress.
        n: images in all, in progress.
        on_progress: called after each batch.

    Returns:
        (N, 2048) float32 on the CPU, 8 KB an image.
    """
    features: list[Tensor] = []
    done = 0
    for batch in batches:
        features += [network(part)[0].cpu() for part in batch.split(IMAGES_AT_ONCE)]
        done += len(batch)
        on_progress(Progress(stage, done, n))
    return torch.cat(features)


def inception_figures(real: Tensor, fake: Tensor) -> InceptionFigures:
    """All four figures, with torch-fidelity's defaults and seed.

    Args:
        real: (M, F) features of real images.
        fake: (N, F) features of samples.

    Returns:
        Equal to torch-fidelity's on the same images.

    Raises:
        OptionError: a side has no more images than neighbours.
    """
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric
    from torch_fidelity.metric_prc import KEY_METRIC_PRECISION, KEY_METRIC_RECALL, prc_features_to_metric

    if min(len(real), len(fake)) <= NEIGHBOURS:
        raise OptionError(
            f"{len(real)} real images and {len(fake)} samples came; expected more than {NEIGHBOURS} of each"
        )
    subset = min(len(real), len(fake), LARGEST_SUBSET)
    kid = kid_features_to_metric(fake, real, kid_subset_size=subset, verbose=False)
    # In parts, which gives the same in bounded memory.
    neighbours = prc_features_to_metric(fake, real, save_cpu_ram=True, prc_batch_size=ROWS, verbose=False)
    return InceptionFigures(
        fid=frechet_distance(fit_gaussian(real), fit_gaussian(fake)),
        kid=kid[KEY_METRIC_KID_MEAN],
        precision=neighbours[KEY_METRIC_PRECISION],
        recall=neighbours[KEY_METRIC_RECALL],
    )
