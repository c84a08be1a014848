"""The search: Adam on the embeddings of all trials, projected onto the table's range, the best state kept."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganmend.edits.bounds import project, table_bounds
from ganmend.models.batches import memory_for_gradients
from ganmend.models.biggan.model import Generator
from ganmend.objective.diversity import disjoint_pairs
from ganmend.search.config import SearchConfig
from ganmend.search.trials import Judgement, Scores, score_trials
from ganmend.search.validation import Validation, draw_latents
from ganmend.targets.classifier import Classifier


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows."""

    step: int
    steps: int
    probability: float
    diversity: float


@dataclass
class SearchResult:
    """The kept state of every trial, best first in `order`.

    Attributes:
        vectors: (trials, K, dim_embedding).
        latent_maps: (trials, dim_z, dim_z) or None.
        scores: (trials,) validation objective of the kept states.
        config: what was searched with, settled.
        history: one record a validation and trial.
        interrupted: whether Ctrl-C ended it.
    """

    vectors: Tensor
    latent_maps: Tensor | None
    scores: Tensor
    config: SearchConfig
    history: list[dict[str, float | int]] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def order(self) -> list[int]:
        """Trials by validation objective, best first."""
        return self.scores.argsort(descending=True).tolist()

    def on_cpu(self) -> "SearchResult":
        """The same, with its tensors on the CPU."""
        self.vectors, self.scores = self.vectors.cpu(), self.scores.cpu()
        self.latent_maps = None if self.latent_maps is None else self.latent_maps.cpu()
        return self


def search(
    generator: Generator,
    classifier: Classifier,
    start: Tensor,
    targets: Tensor,
    config: SearchConfig,
    *,
    seed: int = 0,
    real_features: Tensor | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> SearchResult:
    """Search better embeddings from `start` (trials, K, dim_embedding) for `targets` (trials,) of the classifier.

    It runs on the generator's device, where the classifier must be too; its result is on the CPU. Ctrl-C ends the
    search and returns the best states so far, with `interrupted` set.

    Raises:
        ClassifierError: the classifier gives NaN.
    """
    device = generator.device
    if real_features is not None:
        real_features = real_features.to(device)
    config = config.settled(matches_real_images=real_features is not None and config.matching_weight > 0)
    memory = config.memory or memory_for_gradients(device)
    judgement = Judgement(generator, classifier, targets.to(device), config, real_features, memory)
    run = _Run(judgement, start.to(device), seed)
    began = time.monotonic()
    try:
        run.validate(0)
        for step in range(1, config.steps + 1):
            scores = run.step(step)
            if on_progress is not None:
                mean = [value.mean().item() for value in (scores.probability, scores.diversity)]
                on_progress(Progress(step, config.steps, mean[0], mean[1]))
            if (step % config.validate_every == 0 or step == config.steps) and run.validate(step):
                break
    except KeyboardInterrupt:
        run.result.interrupted = True
    run.result.seconds = time.monotonic() - began
    return run.result.on_cpu()


class _Run:
    """State of one search: the embeddings, the optimiser, the best seen."""

    def __init__(self, judgement: Judgement, start: Tensor, seed: int) -> None:
        config, generator = judgement.config, judgement.generator
        self.judgement, self.config, self.seed = judgement, config, seed
        self.bounds = table_bounds(generator.class_embeddings)
        self.vectors = project(start.detach().clone(), self.bounds).requires_grad_()
        parameters = [{"params": [self.vectors], "weight_decay": config.weight_decay}]
        self.maps: Tensor | None = None
        if config.latent_map:
            self.maps = torch.eye(generator.dim_z, device=start.device).repeat(len(start), 1, 1).requires_grad_()
            parameters.append({"params": [self.maps], "weight_decay": 0.0})
        self.adam = torch.optim.Adam(parameters, lr=config.learning_rate)
        self.validation = Validation(judgement, seed)
        self.shuffle = torch.Generator().manual_seed(seed)
        self.z = torch.empty(0)
        self.stale = 0
        unseen = torch.full((len(start),), -math.inf, device=start.device)
        self.result = SearchResult(self.vectors.detach().clone(), self._maps_now(), unseen, config)

    def _maps_now(self) -> Tensor | None:
        return None if self.maps is None else self.maps.detach().clone()

    def step(self, step: int) -> Scores:
        """One Adam step of all trials."""
        config = self.config
        if config.decay_learning_rate:
            rate = config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / config.steps))
            for group in self.adam.param_groups:
                group["lr"] = rate
        if (step - 1) % config.steps_per_draw == 0:
            drawn = (step - 1) // config.steps_per_draw
            generator, n = self.judgement.generator, config.latents
            self.z = draw_latents(generator, self.seed, n, "train", drawn * n)
        pairs = disjoint_pairs(config.latents, self.shuffle)
        scores = score_trials(self.judgement, self.vectors, self.maps, self.z, pairs)
        self.adam.zero_grad(set_to_none=True)
        scores.objective.sum().neg().backward()  # trials are independent: a sum gives each its own gradient
        self.adam.step()
        with torch.no_grad():
            project(self.vectors, self.bounds)
        return scores

    @torch.no_grad()
    def validate(self, step: int) -> bool:
        """Keep every trial that improved; true when none has for `patience` validations."""
        scores = self.validation.score(self.vectors, self.maps)
        kept = self.result
        better = scores.objective > kept.scores
        take = better if self.config.keep == "best" else torch.ones_like(better)
        kept.scores = torch.where(take, scores.objective, kept.scores)
        kept.vectors[take] = self.vectors[take]
        if self.maps is not None and kept.latent_maps is not None:
            kept.latent_maps[take] = self.maps[take]
        for trial in range(len(better)):
            kept.history.append(
                {
                    "step": step,
                    "trial": trial,
                    "target_probability": scores.probability[trial].item(),
                    "log_probability": scores.log_probability[trial].item(),
                    "diversity": scores.diversity[trial].item(),
                    "matching": scores.matching[trial].item(),
                    "objective": scores.objective[trial].item(),
                }
            )
        self.stale = 0 if better.any() else self.stale + 1
        return 0 < self.config.patience <= self.stale
