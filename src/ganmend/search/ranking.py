"""Every class scored once by a classifier; serves each later `top` initialisation, so it is cached."""

import hashlib
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
    """What each row shows, by the classifier.

    Returns:
        'probabilities' (n_classes, classifier classes), means over `samples_of` the generator; 'diversity'
        (n_classes,), the mean pairwise distance of the classifier's features.
    """
    table = hashlib.sha256(generator.class_embeddings.cpu().numpy().tobytes()).hexdigest()[:16]
    samples = samples_of(generator)
    drawn = (generator.fingerprint, generator.precision, table, generator.truncation, samples, seed)
    facts = (*drawn, classifier.fingerprint)
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
    """Row indices (n_classes,), the one that shows classifier class `target` best first; collapsed rows come last.

    A collapsed row can please a classifier with its one picture, and is a poor place to start from.
    """
    scores = class_scores(generator, classifier, seed, on_progress=on_progress)
    collapsed = scores["diversity"] < COLLAPSED_DIVERSITY * scores["diversity"].median()
    return (scores["probabilities"][:, target] - collapsed.float()).argsort(descending=True)
