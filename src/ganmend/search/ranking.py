"""Every class scored once by a classifier; serves each later `top` initialisation, so it is cached."""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ganmend.errors import OutputError
from ganmend.files.writing import whole_file
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.models.batches import in_batches
from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier

MOST_SAMPLES, FEWEST_SAMPLES, IMAGES = 50, 10, 10_000  # of a class, and in all: 1000 classes get 10 each
COLLAPSED_DIVERSITY = 0.6  # a class is collapsed where its diversity is below this share of the median class's


def cache_folder() -> Path:
    """Where ganmend keeps what it can compute again."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ganmend"


def class_scores(
    generator: Generator, classifier: Classifier, seed: int = 0, *, on_progress: OnProgress = ignore
) -> dict[str, Tensor]:
    """What each row of the class table shows, by the classifier; scored once, then read from the cache.

    Args:
        generator: whose rows are scored.
        classifier: that scores.
        seed: of the latents, the same for every row.
        on_progress: called after each row, stage 'ranking'; never where the cache answers.

    Returns:
        'probabilities' (n_classes, classifier classes), means over `samples_of` the generator; 'diversity'
        (n_classes,), the mean pairwise distance of the classifier's features.
    """
    samples = samples_of(generator)
    drawn = (
        generator.fingerprint,
        generator.precision,
        generator.function_digest(),
        generator.truncation,
        samples,
        seed,
    )
    facts = (*drawn, classifier.fingerprint, str(classifier.dtype).removeprefix("torch."))
    path = cache_folder() / f"ranking-{'-'.join(map(str, facts))}.safetensors"
    try:
        stored = load_file(path)
        return {name: stored[name] for name in ("probabilities", "diversity")}
    except (OSError, SafetensorError, KeyError):
        scores = _score(generator, classifier, seed, on_progress)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            save_file(scores, partial)
    except (OSError, OutputError):
        pass  # a cache that cannot be written costs time, nothing else
    return scores


@torch.no_grad()
def _score(generator: Generator, classifier: Classifier, seed: int, on_progress: OnProgress) -> dict[str, Tensor]:
    z = sample_latents(seed, samples_of(generator), generator.dim_z, truncation=generator.truncation, purpose="ranking")
    z = z.to(generator.device)
    probabilities, diversity = [], []
    # One row after another on the same latents: what differs between rows is not the draw.
    for index, row in enumerate(generator.class_embeddings):
        images = in_batches(generator, z, Condition(row).expand(len(z)))
        logits, features = classifier.logits_and_features(images)
        probabilities.append(logits.softmax(1).mean(0))
        diversity.append(mean_pairwise_distance(features))
        on_progress(Progress("ranking", index + 1, generator.n_classes))
    return {"probabilities": torch.stack(probabilities).cpu(), "diversity": torch.tensor(diversity)}


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
    collapsed = scores["diversity"] < COLLAPSED_DIVERSITY * scores["diversity"].median()
    # A probability is at most 1: less 1, it stands behind every row that is not collapsed.
    return (scores["probabilities"][:, target] - collapsed.float()).argsort(descending=True)
