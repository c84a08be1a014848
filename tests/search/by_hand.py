"""The objective and the search written out once more, trial by trial and pair by pair, from the paper's equations."""

import math
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.search.config import SearchConfig
from ganmend.targets.classifier import Classifier
from tests.search.stand_ins import LinearGenerator


class Terms(NamedTuple):
    """Of one trial."""

    objective: Tensor
    log_probability: Tensor
    probability: Tensor
    diversity: Tensor
    matching: Tensor
    prior: Tensor


class Task(NamedTuple):
    """What is searched, and with what."""

    generator: LinearGenerator
    classifier: Classifier
    target: int
    config: SearchConfig
    real: Tensor | None = None  # images
    healthy: Tensor | None = None  # images of the generator's own classes


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


def terms(
    task: Task, vectors: Tensor, latent_map: Tensor | None, z: Tensor, pairs: Tensor, offsets: Tensor | None = None
) -> Terms:
    """Of one trial: vectors (K, dim), z (N, dim_z), pairs (P, 2), offsets (n_offsets,)."""
    config = task.config
    if latent_map is not None:
        z = torch.stack([latent_map @ latent for latent in z])
    embeddings = torch.stack([vectors[sample % len(vectors)] for sample in range(len(z))])
    images = task.generator(z, Condition(embeddings, offsets))
    colours, patches, logits = seen(task, images)
    probability = logits.softmax(1)[:, task.target]
    # As a sample is no longer pulled above the ceiling, its probability counts as the ceiling; one that is far below
    # the floor is hardly pulled either.
    floor = config.floor or 0.0
    objective = torch.stack([(min(p, torch.tensor(config.ceiling)) + floor).log() for p in probability]).mean()
    diversity, matching, prior = torch.zeros(3)
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
    if task.healthy is not None:
        prior = relative_energy(colours, seen(task, task.healthy)[0])
        objective = objective - (config.prior_weight or 0.0) * prior
    return Terms(objective, probability.log().mean(), probability.mean(), diversity, matching, prior)


class Found(NamedTuple):
    """One trial after a step."""

    vectors: Tensor
    latent_map: Tensor | None
    offsets: Tensor | None


def own_offsets(generator: LinearGenerator, layers: Tensor) -> Tensor:
    """What embeddings of both norms' own (2, dim), less the shared one, add to gains and biases."""
    return torch.cat([layers[norm] @ generator.by_norm[norm] for norm in range(2)])


def searched(task: Task, start: Tensor, seed: int) -> list[Found]:
    """One trial that starts at (K, dim), after each step; Adam by its paper's formulas."""
    config, low, high = task.config, task.generator.class_embeddings.min(), task.generator.class_embeddings.max()
    numbers = torch.Generator().manual_seed(seed)
    moved = {"vectors": start.clamp(low, high)}
    moved |= {"map": torch.eye(task.generator.dim_z)} if config.latent_map else {}
    moved |= {"layers": torch.zeros(2, start.shape[1])} if config.capacity == "layers" else {}
    moved |= {"offsets": torch.zeros(task.generator.n_offsets)} if config.capacity == "norms" else {}
    for tensor in moved.values():
        tensor.requires_grad_()
    first, second = ({name: torch.zeros_like(p) for name, p in moved.items()} for _ in range(2))

    def edit() -> Found:
        offsets = own_offsets(task.generator, moved["layers"]) if "layers" in moved else moved.get("offsets")
        return Found(moved["vectors"], moved.get("map"), offsets)

    states = []
    for step in range(1, config.steps + 1):
        draw, n = (step - 1) // config.steps_per_draw, config.latents
        z = sample_latents(seed, n, task.generator.dim_z, start=draw * n, purpose="train")
        order = torch.randperm(n, generator=numbers).tolist()
        pairs = torch.tensor([(order[i], order[i + n // 2]) for i in range(n // 2)])
        now = edit()
        loss = -terms(task, now.vectors, now.latent_map, z, pairs, now.offsets).objective
        gradients = torch.autograd.grad(loss, list(moved.values()))
        share = (1 + math.cos(math.pi * (step - 1) / config.steps)) / 2 if config.decay_learning_rate else 1.0
        with torch.no_grad():
            for (name, p), g in zip(moved.items(), gradients, strict=True):
                rate = share * (config.offsets_learning_rate if name == "offsets" else config.learning_rate)
                decay = 0.0 if name == "map" else config.weight_decay or 0.0
                g = g + decay * p  # coupled: it goes through both moments
                first[name] = 0.9 * first[name] + 0.1 * g
                second[name] = 0.999 * second[name] + 0.001 * g * g
                p -= rate * first[name] / (1 - 0.9**step) / ((second[name] / (1 - 0.999**step)).sqrt() + 1e-8)
            vectors = moved["vectors"].clamp_(low, high)
            if "layers" in moved:  # each norm's own embedding, of every vector, stays in the table's range too
                for vector in vectors:
                    moved["layers"].copy_((vector + moved["layers"]).clamp(low, high) - vector)
            states.append(Found(*(None if part is None else part.detach().clone() for part in edit())))
    return states
