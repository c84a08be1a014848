"""The objective and the search written out once more, trial by trial and pair by pair, from the paper's equations."""

import math
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.search.config import SearchConfig
from ganmend.targets.classifier import Classifier


class Terms(NamedTuple):
    """Of one trial."""

    objective: Tensor
    log_probability: Tensor
    probability: Tensor
    diversity: Tensor
    matching: Tensor


class Task(NamedTuple):
    """What is searched, and with what."""

    generator: Generator
    classifier: Classifier
    target: int
    config: SearchConfig
    real: Tensor | None = None  # images


def mean_distance(pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    # The tiny number keeps the gradient finite, as in the product; it changes a distance of 1e-3 by 5e-10.
    return torch.stack([((a - b).square().sum() + 1e-12).sqrt() for a, b in pairs]).mean()


def relative_energy(x: Tensor, y: Tensor) -> Tensor:
    """Szekely and Rizzo 2013, over the mean distance of two real ones."""
    among_real = mean_distance(list(combinations(y, 2)))
    across = mean_distance([(a, b) for a in x for b in y])
    return (2 * across - mean_distance(list(combinations(x, 2))) - among_real) / among_real


def seen(task: Task, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels averaged over space, pooled patches, logits."""
    patches = images.unfold(2, 2, 2).unfold(3, 2, 2).mean((-2, -1)).flatten(1)
    return images.mean((2, 3)), patches, patches @ task.classifier.network[3].weight.T


def terms(task: Task, vectors: Tensor, latent_map: Tensor | None, z: Tensor, pairs: Tensor) -> Terms:
    """Of one trial: vectors (K, dim), z (N, dim_z), pairs (P, 2)."""
    config = task.config
    if latent_map is not None:
        z = torch.stack([latent_map @ latent for latent in z])
    embeddings = torch.stack([vectors[sample % len(vectors)] for sample in range(len(z))])
    images = task.generator(z, Condition(embeddings))
    colours, patches, logits = seen(task, images)
    probability = logits.softmax(1)[:, task.target]
    # As a sample is no longer pulled above the ceiling, its log-probability counts as the ceiling's.
    objective = torch.stack(
        [p.log() if p < config.ceiling else torch.tensor(config.ceiling).log() for p in probability]
    )
    objective, diversity, matching = objective.mean(), torch.zeros(()), torch.zeros(())
    if config.diversity != "none":
        features = patches if config.diversity_layer == "" else images.flatten(1)
        phi = {"softmax": logits.softmax(1), "features": features, "pixels": images.flatten(1)}[config.diversity]
        ratios = [mean_distance([(phi[i], phi[j])]) / mean_distance([(z[i], z[j])]) for i, j in pairs.tolist()]
        diversity = torch.stack(ratios).mean()
        objective = objective + config.diversity_weight * diversity
    if task.real is not None:
        real_colours, real_patches, _ = seen(task, task.real)
        matching = (relative_energy(colours, real_colours) + relative_energy(patches, real_patches)) / 2
        objective = objective - config.matching_weight * matching
    return Terms(objective, probability.log().mean(), probability.mean(), diversity, matching)


def searched(task: Task, start: Tensor, seed: int) -> list[tuple[Tensor, Tensor | None]]:
    """Vectors and latent map of one trial that starts at (K, dim), after each step; Adam by its paper's formulas."""
    config, low, high = task.config, task.generator.class_embeddings.min(), task.generator.class_embeddings.max()
    vectors, numbers = start.clamp(low, high).requires_grad_(), torch.Generator().manual_seed(seed)
    parameters = [vectors] + ([torch.eye(task.generator.dim_z, requires_grad=True)] if config.latent_map else [])
    first, second = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    states = []
    for step in range(1, config.steps + 1):
        draw, n = (step - 1) // config.steps_per_draw, config.latents
        z = sample_latents(seed, n, task.generator.dim_z, start=draw * n, purpose="train")
        order = torch.randperm(n, generator=numbers).tolist()
        pairs = torch.tensor([(order[i], order[i + n // 2]) for i in range(n // 2)])
        loss = -terms(task, vectors, parameters[1] if config.latent_map else None, z, pairs).objective
        gradients = torch.autograd.grad(loss, parameters)
        rate = config.learning_rate
        if config.decay_learning_rate:
            rate *= (1 + math.cos(math.pi * (step - 1) / config.steps)) / 2
        with torch.no_grad():
            for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
                g = g + (config.weight_decay or 0) * p if i == 0 else g  # coupled: it goes through both moments
                first[i] = 0.9 * first[i] + 0.1 * g
                second[i] = 0.999 * second[i] + 0.001 * g * g
                p -= rate * first[i] / (1 - 0.9**step) / ((second[i] / (1 - 0.999**step)).sqrt() + 1e-8)
            vectors.clamp_(low, high)
        states.append((vectors.detach().clone(), parameters[1].detach().clone() if config.latent_map else None))
    return states
