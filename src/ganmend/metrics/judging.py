"""An edit judged: its samples drawn once, and seen by one or several classifiers that no search used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import draw
from ganmend.errors import OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.shares import AttributeCounter
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict, verdict_on
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier

SAMPLES, SEED = 1000, 1000  # a search's seeds are small, so these samples share no latents with it
MOST_IMAGES = 1000  # that are kept for the figures on pixels; of the others the judge's logits and features stay


@dataclass(frozen=True)
class ClassJudge:
    """A classifier that is asked about one class.

    Attributes:
        judge: the classifier.
        index: its index of the class, or None where it does not know the class.
        reference: its features of real images of the class, or None.
        intervals: whether its figures get intervals, which takes most of the time.
    """

    judge: Classifier
    index: int | None
    reference: ClassReference | None = None
    intervals: bool = True


def judge_edit(
    generator: Generator,
    edit: ClassEdit,
    judge: Classifier,
    target: int | None,
    reference: ClassReference | None = None,
    *,
    n: int = SAMPLES,
    seed: int = SEED,
    intervals: bool = True,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
    name: str = "judging",
) -> Verdict:
    """Judge n samples of an edit against a class and, where given, its real images.

    Args:
        generator: that draws.
        edit: of the class.
        judge: a classifier that no search used, in float32.
        target: the judge's class index, or None where it does not know the class.
        reference: the judge's features of real images of the class.
        n: samples, at least 2.
        seed: of their latents.
        intervals: whether the figures get intervals, which takes 0.7 seconds for 1,000 samples.
        on_progress: called after each batch, stage 'judging'.
        kept: where what was drawn is kept, for a run that is killed.
        name: of it there.

    Returns:
        All figures; those that compare with real images are None without a reference.

    Raises:
        OptionError: n below 2.
    """
    asked = [ClassJudge(judge, target, reference, intervals)]
    return judge_by_all(generator, edit, asked, n=n, seed=seed, on_progress=on_progress, kept=kept, name=name)[0]


def judge_by_all(
    generator: Generator,
    edit: ClassEdit,
    judges: Sequence[ClassJudge],
    *,
    guide: ClassJudge | None = None,
    counter: AttributeCounter | None = None,
    n: int = SAMPLES,
    seed: int = SEED,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
    name: str = "judging",
) -> list[Verdict]:
    """Show the same n samples of an edit to several judges.

    Args:
        generator: that draws.
        edit: of the class.
        judges: classifiers that no search used, in float32.
        guide: the classifier that guided the edit's search, or None; it judges nothing, but how far it is ahead of the
            judges tells whether the edit pleases that one network only.
        counter: counts attributes of the same samples, or None.
        n: samples, at least 2.
        seed: of their latents.
        on_progress: called after each batch, stage 'judging'.
        kept: where what was drawn is kept, for a run that is killed.
        name: of it there.

    Returns:
        A verdict of each judge, in their order, each with the guide's accuracy and the counts.

    Raises:
        OptionError: n below 2.
    """
    if n < 2:
        raise OptionError(f"n is {n}; expected at least 2 samples to judge")
    asked = [*judges] if guide is None else [*judges, guide]
    networks = [one.judge for one in asked] + ([] if counter is None else [counter.classifier])
    images, seen = draw_and_observe(generator, edit, networks, n, seed, on_progress=on_progress, kept=kept, name=name)
    counts = None if counter is None else counter.count(seen[-1][0])
    verdicts = [
        # The same random subsets of real images for all latents: they are no part of what differs between two edits.
        verdict_on(images, logits, features, one.index, one.reference, seed=SEED, intervals=one.intervals)
        for one, (logits, features) in zip(judges, seen, strict=False)  # those of guide and counter are none
    ]
    if guide is None or guide.index is None:
        return [replace(verdict, counts=counts) for verdict in verdicts]
    guides = judge_accuracy(seen[len(judges)][0], guide.index).accuracy
    return [replace(verdict, search_accuracy=guides, counts=counts) for verdict in verdicts]


@torch.no_grad()
def draw_and_observe(
    generator: Generator,
    edit: ClassEdit,
    judges: Sequence[Classifier],
    n: int,
    seed: int,
    *,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
    name: str = "judging",
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Draw samples of an edit and show them to judges.

    Args:
        generator: that draws.
        edit: of the class.
        judges: that look.
        n: samples.
        seed: of their latents: sample i has the same latent for every edit.
        on_progress: called after each batch, stage 'judging'.
        kept: where what was drawn is kept; it is begun after what is there.
        name: of it there.

    Returns:
        Images (n, 3, H, W) in [-1, 1], but of more than 1,000 the first ones only; and of each judge its logits
        (n, n_classes) and its features (n, F); all on the CPU.
    """
    parts = [before] if (before := kept.rows(name)) else []
    done = len(before.get("logits 0", ()))
    for images in draw(generator, edit, n - done, seed, start=done):
        part = {"images": images[: max(0, MOST_IMAGES - done)].cpu().clone()}  # a view would keep the whole batch
        for place, judge in enumerate(judges):
            logits, features = judge.logits_and_features(images)
            part |= {f"logits {place}": logits.cpu(), f"features {place}": features.cpu()}
        parts.append(part)
        kept.add(name, part)
        done += len(images)
        on_progress(Progress("judging", done, n))
    whole = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}  # (batch, ...) -> (n, ...)
    seen = [(whole[f"logits {place}"], whole[f"features {place}"]) for place in range(len(judges))]
    return whole["images"], seen
