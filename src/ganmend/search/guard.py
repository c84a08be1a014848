"""Whether a search did harm: its edit beside the row it started from and the nearest row that there was.

A search can raise its own objective and still end at pictures that show the class less often, or that are all alike.
So what it found is looked at again, on the validation latents, by what matters: how often the classifier sees the
class, and how far the samples lie apart. It cannot tell whether the classifier is fooled; that takes a judge.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.models.batches import in_batches
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier

LATENTS = 64
# Of the diversity that is usual: below it, in trials with a classifier of a thousand classes, stood every edit that had
# ended at one grey texture.
LEAST_DIVERSITY = 0.68
LEAST_PROBABILITY = 0.9  # of the start's and the nearest row's: less is no chance, and nobody wants it
COLLAPSED = 0.6  # of the edit's diversity, below which a start is a collapsed class, of which a classifier may be sure


@dataclass(frozen=True)
class Seen:
    """What a classifier sees in the samples of an edit.

    Attributes:
        probability: mean, of the class that is wanted, in [0, 1].
        diversity: mean distance between samples in the classifier's features, at least 0.
    """

    probability: float
    diversity: float


@torch.no_grad()
def seen(generator: Generator, classifier: Classifier, edit: EditTensors, target: int, z: Tensor) -> Seen:
    """Look at the samples of an edit.

    Args:
        generator: that draws.
        classifier: that looks.
        edit: of one trial.
        target: the classifier's class index.
        z: (N, dim_z), N at least 2.

    Returns:
        What it sees.
    """
    logits, features = classifier.logits_and_features(in_batches(generator, *edit.condition(z)))
    return Seen(logits.softmax(1)[:, target].mean().item(), mean_pairwise_distance(features))


def harm_done(
    after: Seen, start: Seen, nearest: Seen | None = None, usual_diversity: float = math.inf
) -> tuple[str, ...]:
    """Why an edit is no success.

    Args:
        after: the edit.
        start: the row or the vector that its search began at.
        nearest: the row that shows the class best, where it is another one; None where there is none, or a sick one.
        usual_diversity: of a class that the classifier is sure of, such as real images or healthy rows have. A start
            that it is unsure of is spread over several classes and has more.

    Returns:
        Sentences; () where nothing speaks against it.
    """
    found = []
    known = {"the start": start} if nearest is None else {"the start": start, "the nearest class": nearest}
    for name, other in known.items():
        # Of a collapsed class, always the same picture, a classifier can be as sure as of nothing else.
        if after.probability < LEAST_PROBABILITY * other.probability and other.diversity >= COLLAPSED * after.diversity:
            found.append(
                f"The search's own classifier sees the class less surely than in {name}: probability "
                f"{other.probability:.2g} -> {after.probability:.2g}."
            )
            break
    usual = min(start.diversity, usual_diversity)
    if after.diversity < LEAST_DIVERSITY * usual:
        found.append(f"The samples became alike: their diversity is {after.diversity / usual:.2f} of what is usual.")
    return tuple(found)
