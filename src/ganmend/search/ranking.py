"""Every class scored once by a classifier; serves each later `top` initialisation, so it is cached."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor

from ganmend.files.turns import turn
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.models.batches import in_batches
from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.search.kept_scores import keep_scores, place_of_scores, read_scores, stacked
from ganmend.targets.classifier import Classifier

MOST_SAMPLES, FEWEST_SAMPLES, IMAGES = 50, 10, 10_000  # of a class, and in all: 1000 classes get 10 each
KEEP_EVERY = 10.0  # seconds between two savings of what is scored
COLLAPSED_DIVERSITY = 0.6  # a class is collapsed where its diversity is below this share of the median class's


def class_scores(
    generator: Generator, classifier: Classifier, seed: int = 0, *, on_progress: OnProgress = ignore
) -> dict[str, Tensor]:
    """What each row of the class table shows, by the classifier; scored once, then read from the cache.

    What is scored is kept as it goes: a scoring that was ended, however it was, is gone on with by the next one. Of
    several processes that ask for the same at once, as workers do, one scores and the others wait for it.

    Args:
        generator: whose rows are scored.
        classifier: that scores.
        seed: of the latents, the same for every row.
        on_progress: called after each row that is scored, stage 'ranking'; never where the cache answers.

    Returns:
        'probabilities' (n_classes, classifier classes), means over `samples_of` the generator; 'diversity'
        (n_classes,), the mean pairwise distance of the classifier's features.
    """
    place = place_of_scores(generator, classifier, samples_of(generator), seed)
    total = generator.n_classes
    rows = read_scores(place, generator, classifier)
    if len(rows) == total:
        return stacked(rows)
    with _turn(place, lambda: _told(len(read_scores(place, generator, classifier)), total, on_progress)):
        rows = read_scores(place, generator, classifier)  # another process may have gone on
        kept_at = time.monotonic()
        try:
            for row in _score(generator, classifier, seed, len(rows)):
                rows.append(row)
                if time.monotonic() - kept_at > KEEP_EVERY:
                    keep_scores(place, rows)
                    kept_at = time.monotonic()
                on_progress(Progress("ranking", len(rows), total))
        finally:
            keep_scores(place, rows)
    return stacked(rows)


def _turn(place: Path | None, news: Callable[[], object]) -> AbstractContextManager[object]:
    """Wait for another process that scores the same, whose rows are taken then."""
    return nullcontext() if place is None else turn(place, news)


def _told(done: int, total: int, on_progress: OnProgress) -> int:
    """Pass on how far another process is."""
    if done:
        on_progress(Progress("ranking", done, total))
    return done


@torch.no_grad()
def _score(generator: Generator, classifier: Classifier, seed: int, first: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Mean probabilities (classifier classes,) and diversity () of each row from `first` on, on the CPU."""
    z = sample_latents(seed, samples_of(generator), generator.dim_z, truncation=generator.truncation, purpose="ranking")
    z = z.to(generator.device)
    # One row after another on the same latents: what differs between rows is not the draw.
    for row in generator.class_embeddings[first:]:
        images = in_batches(generator, z, Condition(row).expand(len(z)))
        logits, features = classifier.logits_and_features(images)
        yield logits.softmax(1).mean(0).cpu(), torch.tensor(mean_pairwise_distance(features))


def samples_of(generator: Generator) -> int:
    """Samples of each class: enough to rank, few where classes are many."""
    return max(FEWEST_SAMPLES, min(MOST_SAMPLES, IMAGES // generator.n_classes))


def rank_rows(
    generator: Generator, classifier: Classifier, target: int, seed: int = 0, *, on_progress: OnProgress = ignore
) -> Tensor:
    """Which row of the class table shows a class best: its mean probability decides; collapsed rows come last.

    A collapsed row can please a classifier with its one picture, and is a poor place to start from.

    Args:
        generator: whose rows are ranked.
        classifier: that scores them.
        target: the classifier's class index.
        seed: of the latents.
        on_progress: called after each row that is scored, stage 'ranking'.

    Returns:
        Row indices (n_classes,), best first.
    """
    scores = class_scores(generator, classifier, seed, on_progress=on_progress)
    # A probability is at most 1: less 1, it stands behind every row that is not collapsed.
    return (scores["probabilities"][:, target] - is_collapsed(scores).float()).argsort(descending=True)


def is_collapsed(scores: Mapping[str, Tensor]) -> Tensor:
    """Which rows (n_classes,) draw much the same picture always, by the scores of `class_scores`."""
    return scores["diversity"] < COLLAPSED_DIVERSITY * scores["diversity"].median()
