"""Every class scored once by a classifier; serves each later `top` initialisation, so it is cached."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ganmend.errors import OutputError
from ganmend.files.paths import cache_home
from ganmend.files.safetensors_file import write_safetensors
from ganmend.files.writing import whole_file
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.models.batches import in_batches
from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier

MOST_SAMPLES, FEWEST_SAMPLES, IMAGES = 50, 10, 10_000  # of a class, and in all: 1000 classes get 10 each
KEEP_EVERY = 10.0  # seconds between two savings of what is scored
COLLAPSED_DIVERSITY = 0.6  # a class is collapsed where its diversity is below this share of the median class's


def class_scores(
    generator: Generator, classifier: Classifier, seed: int = 0, *, on_progress: OnProgress = ignore
) -> dict[str, Tensor]:
    """What each row of the class table shows, by the classifier; scored once, then read from the cache.

    What is scored is kept as it goes: a scoring that was ended, however it was, is gone on with by the next one.

    Args:
        generator: whose rows are scored.
        classifier: that scores.
        seed: of the latents, the same for every row.
        on_progress: called after each row that is scored, stage 'ranking'; never where the cache answers.

    Returns:
        'probabilities' (n_classes, classifier classes), means over `samples_of` the generator; 'diversity'
        (n_classes,), the mean pairwise distance of the classifier's features.
    """
    path = _cache_file(generator, classifier, seed)
    rows = _kept(path, generator.n_classes)
    if len(rows) == generator.n_classes:
        return _stacked(rows)
    kept_at = time.monotonic()
    try:
        for row in _score(generator, classifier, seed, len(rows)):
            rows.append(row)
            if time.monotonic() - kept_at > KEEP_EVERY:
                _keep(path, rows)
                kept_at = time.monotonic()
            on_progress(Progress("ranking", len(rows), generator.n_classes))
    finally:
        if rows:
            _keep(path, rows)
    return _stacked(rows)


def _cache_file(generator: Generator, classifier: Classifier, seed: int) -> Path | None:
    """Where the scores are kept, named for all that they depend on; None for a user without a home."""
    drawn = (
        generator.fingerprint,
        generator.precision,
        generator.function_digest(),
        generator.truncation,
        samples_of(generator),
        seed,
    )
    facts = (*drawn, classifier.fingerprint, str(classifier.dtype).removeprefix("torch."))
    try:
        return cache_home() / "ganmend" / f"ranking-{'-'.join(map(str, facts))}.safetensors"
    except OutputError:
        return None


def _kept(path: Path | None, n_classes: int) -> list[tuple[Tensor, Tensor]]:
    """The scores of the first rows, as far as an earlier scoring came; none where they cannot be used."""
    try:
        scores = load_file(path) if path is not None else {}
        rows = list(zip(scores["probabilities"], scores["diversity"], strict=True))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError):
        return []
    return rows if len(rows) <= n_classes else []


def _keep(path: Path | None, rows: list[tuple[Tensor, Tensor]]) -> None:
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as partial:
                write_safetensors(partial, _stacked(rows))
    except (OSError, OutputError):
        pass  # a cache that cannot be written costs time, nothing else


def _stacked(rows: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    probabilities, diversity = zip(*rows, strict=True)
    return {"probabilities": torch.stack(probabilities), "diversity": torch.stack(diversity)}


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
