"""One class drawn and judged in rounds, until what is asked about it is settled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ganmend.edits.class_edit import class_row
from ganmend.edits.sampling import draw
from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.metrics.jackknife import coverage_error, covered_by, diversity_error, real_radii
from ganmend.metrics.judging import SEED
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict, verdict_on_features
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.settling import Estimate


@dataclass(frozen=True)
class JudgedInRounds:
    """A class.

    Attributes:
        verdict: on all samples that were drawn, without the figures of pixels: MS-SSIM alone takes longer than drawing
            ten images.
        estimates: after each look; the last is of as many samples as the verdict.
    """

    verdict: Verdict
    estimates: tuple[Estimate, ...]


@torch.no_grad()
def judge_in_rounds(
    generator: Generator,
    row: int,
    judge: Classifier,
    target: int,
    reference: ClassReference | None,
    *,
    sizes: Sequence[int],
    seed: int,
    settled: Callable[[Estimate], bool],
) -> JudgedInRounds:
    """Draw a class until it is settled.

    Args:
        generator: that draws.
        row: of its class table.
        judge: in float32.
        target: the judge's index of the class.
        reference: the judge's features of real images of the class, or None.
        sizes: after how many samples the class is looked at, growing; the last is the most that are drawn.
        seed: of the latents: sample i is the same however many are drawn.
        settled: whether an estimate is enough.

    Returns:
        The class.
    """
    logits: list[Tensor] = []
    features: list[Tensor] = []
    balls = None if reference is None else Balls(reference.features)
    estimates: list[Estimate] = []
    for done, size in pairwise((0, *sizes)):
        for batch in draw(generator, class_row(generator, row), size - done, seed, start=done):
            for column, part in zip((logits, features), judge.logits_and_features(batch), strict=True):
                column.append(part.cpu())
        estimates.append(estimate_of(torch.cat(logits), torch.cat(features), target, balls))
        if settled(estimates[-1]):
            break
    accuracy = judge_accuracy(torch.cat(logits), target)
    verdict = verdict_on_features(torch.cat(features), accuracy, reference, seed=SEED)
    return JudgedInRounds(verdict, tuple(estimates))


class Balls:
    """Balls around real images, and which samples they hold."""

    def __init__(self, real: Tensor) -> None:
        """Measure the balls of real images (M, F)."""
        self.real = real.double()
        self.radii = real_radii(self.real)
        self.covered = torch.zeros(len(real), 0, dtype=torch.bool)

    def of(self, features: Tensor) -> Tensor:
        """(M, N) which of the samples (N, F) each ball holds; those that were there before are not looked at again."""
        new = covered_by(self.real, self.radii, features[self.covered.shape[1] :])
        self.covered = torch.cat([self.covered, new], 1)
        return self.covered


def estimate_of(logits: Tensor, features: Tensor, target: int, balls: Balls | None) -> Estimate:
    """What some samples tell of their class.

    Args:
        logits: (N, n_classes) of the judge, N at least 3.
        features: (N, F) of the judge.
        target: the judge's index of the class.
        balls: around its real images, or None.

    Returns:
        The figures that a mark depends on, and how far they may be off.
    """
    accuracy = (logits.argmax(1) == target).double().mean().item()
    known = len(features), accuracy, mean_pairwise_distance(features), diversity_error(features)
    if balls is None:
        return Estimate(*known)
    covered = balls.of(features)
    return Estimate(*known, covered.any(1).double().mean().item(), coverage_error(covered), len(covered))
