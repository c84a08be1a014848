"""The verdict of a judge on one embedding."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from ganmend.catalog.names import find_class
from ganmend.edits.file import ClassEmbedding
from ganmend.errors import ClassifierError, ImageFolderError, OptionError
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.judging import draw_and_judge
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.metrics.summary import evaluate_features
from ganmend.models.biggan.model import Generator
from ganmend.targets.classifier import Classifier
from ganmend.targets.real_images import read_images

BATCH = 250  # images at once through a classifier
# Of one folder of real images: every other one for the search to match, the rest, held out, for the verdict.
TO_MATCH, HELD_OUT = slice(0, None, 2), slice(1, None, 2)

Verdict = dict[str, float | int | None]


def class_of(classifier: Classifier, target: str | int) -> int:
    """The classifier's index of the target.

    Raises:
        ClassNameError: the classifier does not know it.
    """
    return find_class(target, classifier.class_names, f"the classifier {classifier.name}")


def reference_from_folder(judge: Classifier, folder: Path, part: slice = slice(None)) -> ClassReference:
    """The judge's features of the real images in a folder, or of a part of them in order of their names.

    Raises:
        ImageFolderError: too few images in that part for the metrics.
    """
    features = _of_folder(judge, folder, lambda images: judge.logits_and_features(images)[1], part)
    if len(features) <= NEIGHBOURS:
        held_out = "" if part == slice(None) else "; every other one is held out for the verdict"
        raise ImageFolderError(
            f"{folder} gives {len(features)} images to judge by, expected more than {NEIGHBOURS}{held_out}; add images"
        )
    return ClassReference(fit_gaussian(features), features)


def matching_features_of_folder(classifier: Classifier, folder: Path, part: slice = slice(None)) -> Tensor:
    """What a search matches: the classifier's `matching_features` (M, F) of a folder's images, or of a part of them."""
    return _of_folder(classifier, folder, classifier.matching_features, part)


@torch.no_grad()
def _of_folder(classifier: Classifier, folder: Path, features: Callable[[Tensor], Tensor], part: slice) -> Tensor:
    images = read_images(folder, classifier.resolution)[part]
    return torch.cat([features(batch.to(classifier.device)).cpu() for batch in images.split(BATCH)])


def reference_of(statistics: ReferenceStatistics, judge: Classifier, target: str) -> ClassReference | None:
    """The saved statistics of one class, or None where the file has none of it.

    Raises:
        ClassifierError: the statistics were made with another judge.
    """
    if statistics.judge != judge.fingerprint:
        raise ClassifierError(
            f"the reference statistics were made with judge {statistics.judge}, this judge is {judge.fingerprint}; "
            "use that judge or make the statistics again"
        )
    return statistics.classes.get(target)


def evaluate(
    generator: Generator,
    embedding: ClassEmbedding,
    judge: Classifier,
    target: str | int | None = None,
    *,
    reference: ClassReference | None = None,
    n: int = 1000,
    seed: int = 1000,
) -> Verdict:
    """Judge n samples of an embedding against the target class and, where given, real images.

    Args:
        generator: that draws.
        embedding: of the class.
        judge: a classifier that no search used.
        target: class name or index of the judge; None takes the embedding's own.
        reference: the judge's features of real images of the target.
        n: samples.
        seed: of their latents; a search's seeds are small, so the default shares none with them.

    Raises:
        OptionError: n below 2.
        ClassNameError: the judge does not know the target.
    """
    if n < 2:
        raise OptionError(f"n is {n}; expected at least 2 samples to judge")
    index = class_of(judge, target if target is not None else embedding.target)
    images, logits, features = draw_and_judge(generator, embedding, judge, n, seed)
    return evaluate_features(images, logits, features, index, reference, seed=seed)
