"""What classifiers see in a user's photographs, batch by batch."""

from collections.abc import Callable

import torch
from torch import Tensor

from ganmend.errors import ImageFolderError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.memorisation import SIDE, Views, thumbnails
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.statistics import ClassReference, class_reference
from ganmend.photographs.reading import HELD_OUT, Photographs
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier

MOST_OF_A_BATCH, PIXELS_OF_A_BATCH = 250, 2**20  # images at once through a classifier


def class_reference_of(
    judge: Classifier,
    photographs: Photographs,
    target: int | None = None,
    *,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
    name: str = "reference",
) -> ClassReference:
    """What photographs look like to a judge.

    Args:
        judge: that sees them.
        photographs: of one class.
        target: the judge's index of the class, or None.
        on_progress: called after each batch, stage 'reading'.
        kept: where what was seen is kept, for a run that is killed.
        name: of it there.

    Returns:
        Their features, the Gaussian of these, and how well the judge recognises the class.

    Raises:
        ImageFolderError: too few photographs for the metrics.
    """
    n_classes = len(judge.class_names)

    def observe(images: Tensor) -> Tensor:
        return torch.cat(judge.logits_and_features(images), 1)

    seen = observed(judge, photographs, observe, on_progress, kept, name)
    logits, features = seen[:, :n_classes], seen[:, n_classes:].contiguous()  # (M, n_classes + F) -> each
    if len(features) <= NEIGHBOURS:
        held_out = "; every other one is held out for the verdict" if photographs.part == HELD_OUT else ""
        raise ImageFolderError(
            f"{photographs.folder} gives {len(features)} images to judge by, "
            f"expected more than {NEIGHBOURS}{held_out}; add images"
        )
    return class_reference(logits, features, target)


def matching_features(
    classifier: Classifier, photographs: Photographs, on_progress: OnProgress = ignore, kept: Kept = NOTHING_KEPT
) -> Tensor:
    """What a search matches: the classifier's `matching_features` (M, F) of photographs."""
    return observed(classifier, photographs, classifier.matching_features, on_progress, kept, "matched")


def compared_photographs(judge: Classifier, photographs: Photographs, on_progress: OnProgress = ignore) -> Views:
    """What a search for copies compares of photographs: the judge's features, and thumbnails.

    Args:
        judge: that looks.
        photographs: of one class.
        on_progress: called after each batch, stage 'reading'.

    Returns:
        Of the M that can be read, in order.

    Raises:
        ImageFolderError: none can be read.
    """

    def observe(images: Tensor) -> Tensor:
        return torch.cat([judge.logits_and_features(images)[1], thumbnails(images).flatten(1)], 1)

    seen = observed(judge, photographs, observe, on_progress)
    features, small = seen.split([seen.shape[1] - 3 * SIDE**2, 3 * SIDE**2], 1)
    return Views(features, small.reshape(-1, 3, SIDE, SIDE))  # (M, 3 * SIDE * SIDE) -> (M, 3, SIDE, SIDE)


@torch.no_grad()
def observed(
    classifier: Classifier,
    photographs: Photographs,
    observe: Callable[[Tensor], Tensor],
    on_progress: OnProgress,
    kept: Kept = NOTHING_KEPT,
    name: str = "photographs",
) -> Tensor:
    """What a classifier sees in photographs; of the images themselves memory holds one batch.

    Args:
        classifier: that looks.
        photographs: at the generator's resolution.
        observe: images (N, 3, H, W) in [-1, 1] on the classifier's device -> (N, F).
        on_progress: called after each batch, stage 'reading'.
        kept: where what was seen is kept, for a run that is killed.
        name: of it there.

    Returns:
        (M, F) of the M that can be read, on the CPU.

    Raises:
        ImageFolderError: none can be read.
    """
    before = kept.rows(name)
    features, seen, start = torch.empty(0, 0), 0, 0
    if before:
        seen, start = len(before["seen"]), int(before["files"][-1])
        features = before["seen"].new_empty(seen + len(photographs) - start, before["seen"].shape[1])
        features[:seen] = before["seen"]
    size = batch_size(max(classifier.resolution, photographs.resolution))
    for images, done in photographs.batches(size, start):
        found = observe(images.to(classifier.device)).cpu()
        if not seen:
            features = found.new_empty(len(photographs), found.shape[1])
        features[seen : seen + len(found)] = found
        seen += len(found)
        kept.add(name, {"seen": found, "files": torch.tensor([done])})
        on_progress(Progress("reading", done, len(photographs)))
    return features[:seen]


def batch_size(resolution: int) -> int:
    """How many images go through a classifier at once, so that what its layers give fits into memory."""
    return max(1, min(MOST_OF_A_BATCH, PIXELS_OF_A_BATCH // resolution**2))
