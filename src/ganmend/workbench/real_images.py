"""Real images of the classes: what a search matches, and what a judge compares with; never the same images."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from ganmend.demo.bundled import WEIGHTS
from ganmend.errors import ClassifierError, ImageFolderError
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.targets.preprocessing import read_images

BATCH = 250  # images at once through a classifier
# Of one folder of real images, in order of their names: every other one for the search to match, the rest, held out,
# for the verdict.
ALL, TO_MATCH, HELD_OUT = slice(None), slice(0, None, 2), slice(1, None, 2)


@dataclass(frozen=True)
class RealImages:
    """Where real images of the classes come from.

    Attributes:
        source: a folder of images of one class, a saved statistics file (.safetensors; for verdicts only), or None.
        bundled: whether the generator is the bundled one: what `source` does not give comes from the package then.
    """

    source: Path | None = None
    bundled: bool = False

    @property
    def folder(self) -> Path | None:
        """The source, where it is a folder of images."""
        return None if self.source is None or self.source.suffix == ".safetensors" else self.source

    @cached_property
    def statistics(self) -> ReferenceStatistics | None:
        """Saved statistics: the source's own, else the bundled ones, else None."""
        if self.source is not None:
            return None if self.folder is not None else ReferenceStatistics.load(self.source)
        return bundled_reference() if self.bundled else None

    def statistics_for(self, judge: Classifier) -> ReferenceStatistics | None:
        """The saved statistics that one judge can use.

        Args:
            judge: that gives the verdict.

        Returns:
            The statistics, or None where there are none of this judge's.

        Raises:
            ClassifierError: a user's own statistics were made with another judge; bundled ones are left out then.
        """
        found = self.statistics
        if found is None or found.judge == judge.fingerprint:
            return found
        if self.source is None:
            return None
        raise ClassifierError(
            f"the reference statistics were made with judge {found.judge}, this judge is {judge.fingerprint}; "
            "use that judge or make the statistics again"
        )

    def to_match(
        self, classifier: Classifier, target: str, *, judged: bool, on_progress: OnProgress = ignore
    ) -> Tensor | None:
        """What a search matches.

        Args:
            classifier: the search's.
            target: class name.
            judged: whether a verdict follows: half of a folder is then held out for it.
            on_progress: called after each batch of a folder's images, stage 'reading'.

        Returns:
            The classifier's `matching_features` (M, F) of real images of the class, or None where there are none.

        Raises:
            ImageFolderError: no image in the folder can be read.
        """
        if self.folder is not None:
            return matching_features_of_folder(classifier, self.folder, TO_MATCH if judged else ALL, on_progress)
        return bundled_photographs(classifier, target) if self.bundled else None

    def reference(
        self, judge: Classifier, target: str, *, searched: bool, on_progress: OnProgress = ignore
    ) -> ClassReference | None:
        """What a judge compares samples with.

        Args:
            judge: of the verdict.
            target: class name.
            searched: whether a search has seen the folder's other half: only the half held out counts then.
            on_progress: called after each batch of a folder's images, stage 'reading'.

        Returns:
            The judge's features of real images of the class, or None where there are none.

        Raises:
            ClassifierError: the statistics file was made with another judge.
            ImageFolderError: too few images in the folder.
        """
        if self.folder is not None:
            return reference_from_folder(judge, self.folder, HELD_OUT if searched else ALL, on_progress)
        statistics = self.statistics_for(judge)
        return None if statistics is None else statistics.classes.get(target)


def reference_from_folder(
    judge: Classifier, folder: Path, part: slice = ALL, on_progress: OnProgress = ignore
) -> ClassReference:
    """The judge's features of the real images in a folder, or of a part of them in order of their names.

    Args:
        judge: that sees them.
        folder: of images.
        part: which of them.
        on_progress: called after each batch, stage 'reading'.

    Returns:
        Their features and the Gaussian of these.

    Raises:
        ImageFolderError: too few images in that part for the metrics.
    """
    features = _of_folder(judge, folder, lambda images: judge.logits_and_features(images)[1], part, on_progress)
    if len(features) <= NEIGHBOURS:
        held_out = "" if part == ALL else "; every other one is held out for the verdict"
        raise ImageFolderError(
            f"{folder} gives {len(features)} images to judge by, expected more than {NEIGHBOURS}{held_out}; add images"
        )
    return ClassReference(fit_gaussian(features), features)


def matching_features_of_folder(
    classifier: Classifier, folder: Path, part: slice = ALL, on_progress: OnProgress = ignore
) -> Tensor:
    """What a search matches: the classifier's `matching_features` (M, F) of a folder's images, or of a part of them."""
    return _of_folder(classifier, folder, classifier.matching_features, part, on_progress)


@torch.no_grad()
def _of_folder(
    classifier: Classifier, folder: Path, observe: Callable[[Tensor], Tensor], part: slice, on_progress: OnProgress
) -> Tensor:
    images, features = read_images(folder, classifier.resolution)[part], []
    for batch in images.split(BATCH):
        features.append(observe(batch.to(classifier.device)).cpu())
        on_progress(Progress("reading", sum(map(len, features)), len(images)))
    return torch.cat(features)


def bundled_reference() -> ReferenceStatistics:
    """What real CIFAR-10 images look like to the bundled judge, for the verdict."""
    return ReferenceStatistics.load(WEIGHTS / "reference.safetensors")


def bundled_photographs(classifier: Classifier, target: str) -> Tensor | None:
    """The classifier's matching features (200, F) of real images of the target, where the package has them."""
    with safe_open(WEIGHTS / "photographs.safetensors", "pt") as file:
        known = file.metadata()["classifier"] == classifier.fingerprint and target in file.keys()  # noqa: SIM118
        return file.get_tensor(target).float() if known else None
