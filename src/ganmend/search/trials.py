"""Trials side by side: many embeddings, one batch, one set of latents."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.classifier import Classifier
from ganmend.generator import Generator
from ganmend.objective import diversity_ratio, energy_distance, representation, saturated, target_log_probability
from ganmend.search.config import SearchConfig


@dataclass(frozen=True)
class Scores:
    """Per trial (trials,): the objective and its parts; higher objective is better."""

    objective: Tensor
    log_probability: Tensor
    probability: Tensor
    diversity: Tensor
    matching: Tensor


@dataclass(frozen=True)
class Judgement:
    """Everything the objective needs besides the embeddings.

    Attributes:
        targets: (trials,) the classifier's class index that each trial shall show.
        real_features: (M, F) the classifier's features of real images of the target, or None.
    """

    generator: Generator
    classifier: Classifier
    targets: Tensor
    config: SearchConfig
    real_features: Tensor | None = None


def score_trials(judgement: Judgement, vectors: Tensor, latent_maps: Tensor | None, z: Tensor, pairs: Tensor) -> Scores:
    """The objective of every trial on the same latents.

    Args:
        judgement: the fixed part.
        vectors: (trials, K, dim_embedding).
        latent_maps: (trials, dim_z, dim_z) or None.
        z: (N, dim_z).
        pairs: (P, 2) for the diversity ratio.
    """
    config, (trials, n) = judgement.config, (len(vectors), len(z))
    embeddings = vectors[:, torch.arange(n) % vectors.shape[1]]  # (trials, N, dim)
    fed = z.expand(trials, -1, -1) if latent_maps is None else z @ latent_maps.transpose(1, 2)  # (trials, N, dim_z)
    images = judgement.generator(fed.flatten(0, 1), embeddings.flatten(0, 1))
    logits, features = judgement.classifier.logits_and_features(images)
    phi_features = features
    if config.diversity == "features" and config.diversity_layer:
        phi_features = judgement.classifier.logits_and_features(images, config.diversity_layer)[1]
    logits, images = logits.unflatten(0, (trials, n)), images.unflatten(0, (trials, n))
    log_probability = target_log_probability(logits, judgement.targets[:, None])  # (trials, N)
    objective = saturated(log_probability, config.ceiling).mean(1)
    diversity = torch.zeros_like(objective)
    if config.diversity != "none":
        phi = representation(config.diversity, images, logits, phi_features.unflatten(0, (trials, n)))
        diversity = diversity_ratio(phi, fed, pairs)
        objective = objective + config.diversity_weight * diversity
    matching = torch.zeros_like(objective)
    if judgement.real_features is not None and config.matching_weight:
        matching = energy_distance(features.unflatten(0, (trials, n)), judgement.real_features)
        objective = objective - config.matching_weight * matching
    return Scores(
        objective, log_probability.mean(1).detach(), log_probability.exp().mean(1).detach(), diversity.detach(),
        matching.detach(),
    )  # fmt: skip
