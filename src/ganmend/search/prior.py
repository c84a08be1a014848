"""What a generator's pictures look like when they are good: its own samples of healthy classes.

Where there are no photographs, nothing but the classifier would say what a picture is, and a search runs away from all
that the generator can draw well. Samples of its healthy classes hold it back: they show no sample of the class that is
wanted, but the sharpness, the colours and the contrasts of real pictures.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ganmend.edits.class_edit import class_row
from ganmend.models.batches import in_batches
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, ignore
from ganmend.search.ranking import class_scores, is_collapsed
from ganmend.targets.classifier import Classifier
from ganmend.targets.stages import spatial_mean
from ganmend.targets.views import random_views

CLASSES, SAMPLES = 10, 40  # classes at most, and samples of each: on a generator of any size as many images
LAYERS = 3  # of the matching layers, from the finest: what a class is does not show there
RECOGNISED = 0.5  # of the median class's probability, below which a class is sick


def healthy_rows(scores: Mapping[str, Tensor], known_as: Sequence[int | None], own_row: int | None) -> list[int]:
    """Rows of the class table that draw what they should, as far as a classifier can tell.

    Args:
        scores: of `class_scores`.
        known_as: of each row the classifier's index of its class, or None where it does not know the class.
        own_row: that is left out: of the class to be mended, or None.

    Returns:
        At most CLASSES rows, spread evenly over those that are neither collapsed nor, where the classifier knows their
        class, taken for it less than half as surely as the median class is.
    """
    known = {row: scores["probabilities"][row, own].item() for row, own in enumerate(known_as) if own is not None}
    least = RECOGNISED * torch.tensor(list(known.values())).median().item() if known else 0.0
    collapsed = is_collapsed(scores)
    healthy = [
        row for row in range(len(known_as)) if row != own_row and not collapsed[row] and known.get(row, least) >= least
    ]
    count = min(CLASSES, len(healthy))
    return [healthy[i * len(healthy) // count] for i in range(count)]


def own_prior(
    generator: Generator,
    classifier: Classifier,
    known_as: Sequence[int | None],
    own_row: int | None,
    seed: int,
    *,
    views: bool,
    on_progress: OnProgress = ignore,
) -> Tensor | None:
    """The prior of a search: `prior_features` of `healthy_rows`.

    Args:
        generator: that draws.
        classifier: that guides the search.
        known_as: of each row the classifier's index of its class, or None.
        own_row: of the class to be mended, or None.
        seed: of latents and views.
        views: whether the search shows views.
        on_progress: called after each row that is scored, stage 'ranking'.

    Returns:
        (M, F), or None where no row is healthy, or no layer of the classifier can be watched.
    """
    if not prior_layers(classifier):
        return None
    scores = class_scores(generator, classifier, on_progress=on_progress)
    rows = healthy_rows(scores, known_as, own_row)
    return prior_features(generator, classifier, rows, seed, views=views) if rows else None


def prior_layers(classifier: Classifier) -> tuple[str, ...]:
    """The layers in which the prior is compared: the finest of the `matching_layers`."""
    return tuple(layer for layer in classifier.matching_layers if layer)[:LAYERS]


@torch.no_grad()
def prior_features(
    generator: Generator, classifier: Classifier, rows: Sequence[int], seed: int, *, views: bool
) -> Tensor:
    """What a classifier sees in samples of healthy classes.

    Args:
        generator: that draws.
        classifier: that looks.
        rows: of the class table.
        seed: of the latents, the same for each row, and of the views.
        views: whether a random view of each sample is seen, as where the search shows such.

    Returns:
        (rows * SAMPLES, F) the `prior_layers`, each averaged over space, side by side.
    """
    layers = prior_layers(classifier)
    z = sample_latents(seed, SAMPLES, generator.dim_z, truncation=generator.truncation, purpose="prior")
    seen = []
    for row in rows:
        fed, condition = class_row(generator, row).condition(z)
        images = in_batches(generator, fed.to(generator.device), condition.to(generator.device))
        if views:
            images = random_views(SAMPLES, generator.resolution, seed, f"prior {row}", images.device).of(images)
        _, outputs = classifier.observe(images, layers)
        seen.append(torch.cat([spatial_mean(outputs[layer]) for layer in layers], 1))
    return torch.cat(seen)
