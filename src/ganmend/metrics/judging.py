"""An edit judged: its samples drawn, and seen by a classifier that no search used."""

import torch
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import draw
from ganmend.errors import OptionError
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict, verdict_on
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier

SAMPLES, SEED = 1000, 1000  # a search's seeds are small, so these samples share no latents with it
MOST_IMAGES = 1000  # that are kept for the figures on pixels; of the others the judge's logits and features stay


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

    Returns:
        All figures; those that compare with real images are None without a reference.

    Raises:
        OptionError: n below 2.
    """
    if n < 2:
        raise OptionError(f"n is {n}; expected at least 2 samples to judge")
    images, logits, features = draw_and_observe(generator, edit, judge, n, seed, on_progress=on_progress)
    return verdict_on(images, logits, features, target, reference, seed=seed, intervals=intervals)


@torch.no_grad()
def draw_and_observe(
    generator: Generator, edit: ClassEdit, judge: Classifier, n: int, seed: int, *, on_progress: OnProgress = ignore
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw samples of an edit and show them to a judge.

    Args:
        generator: that draws.
        edit: of the class.
        judge: that looks.
        n: samples.
        seed: of their latents: sample i has the same latent for every edit.
        on_progress: called after each batch, stage 'judging'.

    Returns:
        Images (n, 3, H, W) in [-1, 1], but of more than 1,000 the first ones only; the judge's logits (n, n_classes)
        and its features (n, F), all on the CPU.
    """
    parts, done = [], 0
    for images in draw(generator, edit, n, seed):
        kept = images[: max(0, MOST_IMAGES - done)].clone()  # a view would keep the whole batch
        parts.append((kept, *judge.logits_and_features(images)))
        done += len(images)
        on_progress(Progress("judging", done, n))
    # Of the batches' triples, each column in one piece: (batch, ...) -> (n, ...).
    images, logits, features = (torch.cat(column).cpu() for column in zip(*parts, strict=True))
    return images, logits, features
