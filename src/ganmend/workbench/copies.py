"""Copies looked for: the judged samples beside all real images at hand, those that the search matched too."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import draw
from ganmend.errors import GanmendWarning, ImageFolderError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.judging import MOST_IMAGES, SEED
from ganmend.metrics.memorisation import FEWEST, Memorisation, Neighbours, Views, memorisation, thumbnails
from ganmend.metrics.statistics import ClassReference
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress
from ganmend.report.pairs import beside_nearest
from ganmend.targets.classifier import Classifier
from ganmend.workbench.seen_photographs import batch_size, compared_photographs

PAIRS = 8  # samples shown, the most suspicious first


@dataclass(frozen=True)
class Originals:
    """All real images of a class that samples may be copies of, as far as they are at hand.

    Attributes:
        photographs: of the class, the matched and the held-out ones; or None.
        matched: (M, F) the search classifier's features of what it matched, or None.
        reference: what the judge compares with, or None.
    """

    photographs: Photographs | None = None
    matched: Tensor | None = None
    reference: ClassReference | None = None

    def __len__(self) -> int:
        """How many real images there are to compare with, at most."""
        if self.photographs is not None:
            return len(self.photographs)
        if self.matched is not None:
            return len(self.matched)
        return 0 if self.reference is None else len(self.reference.features)


@dataclass(frozen=True)
class Copies:
    """What came of looking for copies.

    Attributes:
        memorisation: the figures; None where there were too few real images.
        picture: the most suspicious samples beside their nearest photographs; None where there are no photographs.
    """

    memorisation: Memorisation | None = None
    picture: Image.Image | None = None


def look_for_copies(
    generator: Generator,
    edit: ClassEdit,
    n: int,
    originals: Originals,
    classifier: Classifier,
    judge: Classifier,
    on_progress: OnProgress,
    kept: Kept = NOTHING_KEPT,
) -> Copies:
    """Draw the judged samples of an edit once more, and compare them with the real images.

    Args:
        generator: that draws.
        edit: of the class.
        n: samples that are judged; of more than 1,000 the first ones are compared.
        originals: the real images.
        classifier: the search's.
        judge: of the verdict.
        on_progress: called while photographs are read, stage 'reading'.
        kept: where what was seen is kept, for a run that is killed.

    Returns:
        See `copies_among`.
    """
    if len(originals) < FEWEST:
        return Copies()
    images = torch.cat([batch.cpu() for batch in draw(generator, edit, min(n, MOST_IMAGES), SEED)])
    return copies_among(images, originals, classifier, judge, on_progress, kept, f"copies {edit.digest()}")


def copies_among(
    images: Tensor,
    originals: Originals,
    classifier: Classifier,
    judge: Classifier,
    on_progress: OnProgress,
    kept: Kept = NOTHING_KEPT,
    name: str = "copies",
) -> Copies:
    """Compare samples with the real images: with photographs where there are some, else with features of them.

    It never ends a verdict: photographs that cannot be read any longer are left out.

    Args:
        images: (N, 3, H, W) in [-1, 1], the samples.
        originals: the real images.
        classifier: the search's.
        judge: of the verdict.
        on_progress: called while photographs are read, stage 'reading'.
        kept: where what was seen is kept, for a run that is killed.
        name: of it there.

    Returns:
        Figures and picture, as far as there are any.
    """
    found = None

    def seen(observe: Callable[[Tensor], Tensor], network: Classifier) -> Views:
        return _samples(images, observe, network, kept, name)

    if originals.photographs is not None:
        return _among_photographs(images, seen, originals.photographs, judge, on_progress)
    if originals.matched is not None:
        samples = seen(classifier.matching_features, classifier)
        found = memorisation(samples, Views(originals.matched.cpu()))
    elif originals.reference is not None:
        found = memorisation(seen(_judged(judge), judge), Views(originals.reference.features.cpu()))
    return Copies(None if found is None else found[0])


def _among_photographs(
    images: Tensor,
    seen: Callable[[Callable[[Tensor], Tensor], Classifier], Views],
    photographs: Photographs,
    judge: Classifier,
    on_progress: OnProgress,
) -> Copies:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GanmendWarning)  # what is skipped has been told of both halves
            real = compared_photographs(judge, photographs, on_progress)
        found = memorisation(seen(_judged(judge), judge), real)
        return Copies() if found is None else Copies(found[0], _picture(images, photographs, found[1]))
    except ImageFolderError:
        return Copies()


def _picture(images: Tensor, photographs: Photographs, nearest: Neighbours) -> Image.Image:
    worst = nearest.ratios.argsort(stable=True)[:PAIRS]
    return beside_nearest(images[worst], photographs.again(nearest.indices[worst].tolist()))


def _judged(judge: Classifier) -> Callable[[Tensor], Tensor]:
    return lambda images: judge.logits_and_features(images)[1]


@torch.no_grad()
def _samples(images: Tensor, observe: Callable[[Tensor], Tensor], network: Classifier, kept: Kept, name: str) -> Views:
    """Samples and their mirror images, as a network sees them."""
    seen = [before] if (before := kept.rows(name)) else []
    done = len(before.get("features", ()))
    left = images[done:].split(batch_size(max(network.resolution, images.shape[-1]))) if done < len(images) else ()
    for part in left:
        looks = {"features": part, "mirrored": part.flip(-1)}
        seen.append({name: observe(look.to(network.device)).cpu() for name, look in looks.items()})
        kept.add(name, seen[-1])
    features, mirrored = (torch.cat([rows[name] for rows in seen]) for name in ("features", "mirrored"))
    return Views(features, thumbnails(images), mirrored)
