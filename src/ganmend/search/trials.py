"""Trials side by side: many embeddings, one batch, one set of latents."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.models.protocol import Generator
from ganmend.objective.diversity import diversity_ratio
from ganmend.objective.energy import matching_distance
from ganmend.objective.log_probability import saturated, target_log_probability
from ganmend.search.attributes import WishedShares
from ganmend.search.config import SearchConfig
from ganmend.search.feature_memory import FeatureMemory
from ganmend.search.observation import Observer
from ganmend.search.prior import prior_layers
from ganmend.targets.classifier import Classifier
from ganmend.targets.views import Views, random_views


@dataclass(frozen=True)
class Scores:
    """Per trial (trials,): the objective and its parts; higher objective is better.

    `finite` says where objective and logits are numbers; elsewhere nothing here means anything.
    """

    objective: Tensor
    log_probability: Tensor
    probability: Tensor
    diversity: Tensor
    matching: Tensor
    prior: Tensor
    imbalance: Tensor
    unsureness: Tensor
    finite: Tensor


@dataclass(frozen=True)
class Judgement:
    """Everything the objective needs besides the embeddings.

    Attributes:
        generator: the frozen generator.
        classifier: that guides the search.
        targets: (trials,) the classifier's class index that each trial shall show.
        config: settings of the search.
        real_features: (M, F) the classifier's `matching_features` of real images of the target, or None.
        memory: for the features that a gradient needs.
        prior: (M, F) of `prior_features`, or None.
        wished: shares of attributes that the samples shall have, or None.
    """

    generator: Generator
    classifier: Classifier
    targets: Tensor
    config: SearchConfig
    real_features: Tensor | None = None
    memory: FeatureMemory = field(default_factory=FeatureMemory)
    prior: Tensor | None = None
    wished: WishedShares | None = None

    @property
    def real_layers(self) -> tuple[str, ...]:
        """The classifier's layers that are compared with real images."""
        wanted = self.real_features is not None and self.config.matching_weight > 0
        return self.classifier.matching_layers if wanted else ()

    @property
    def prior_layers(self) -> tuple[str, ...]:
        """Those that are compared with the generator's healthy classes."""
        return prior_layers(self.classifier) if self.prior is not None and self.config.prior_weight else ()

    @property
    def observer(self) -> Observer:
        """Draws the images and looks at them, in the layers that are compared with others too."""
        layers = tuple(dict.fromkeys(self.real_layers + self.prior_layers))
        attributes = None if self.wished is None else self.wished.classifier
        return Observer(self.generator, self.classifier, self.config, layers, self.memory, attributes)

    def views(self, n: int, seed: int, purpose: str) -> Views | None:
        """Views of n images, the same for each trial; None where the search looks at the images themselves."""
        if not self.config.views:
            return None
        return random_views(n, self.generator.resolution, seed, purpose, self.generator.device)


def score_trials(
    judgement: Judgement,
    edits: EditTensors,
    z: Tensor,
    pairs: Tensor,
    views: Views | None = None,
    *,
    checked: bool = False,
) -> Scores:
    """The objective of every trial on the same latents, to be maximised.

    Mean log-probability of the target, saturated at the ceiling, plus `diversity_weight` times the diversity ratio
    (Li et al. 2020, equations 1 and 2), minus `matching_weight` times the relative energy distance to real images,
    minus `prior_weight` times that to the generator's healthy classes. Where shares of attributes are wished for, minus
    their weights times imbalance and unsureness (Krause et al. 2010).

    Args:
        judgement: the fixed part.
        edits: of all trials, side by side.
        z: (N, dim_z).
        pairs: (P, 2) for the diversity ratio.
        views: of the N images, that are looked at in their place, or None.
        checked: whether images and logits that are no numbers are refused, of whichever trial.

    Returns:
        (trials,) each; only the objective carries a gradient.

    Raises:
        ClassifierError: logits are NaN or infinite, and that is refused.
        DrawingError: images are.
    """
    config, trials, n = judgement.config, len(edits.vectors), len(z)

    def by_trial(tensor: Tensor) -> Tensor:
        result: Tensor = tensor.unflatten(0, (trials, n))  # (trials * N, ...) -> (trials, N, ...)
        return result

    # All trials go through generator and classifier as one batch of trials * N images.
    fed, condition = edits.condition(z)
    looks = None if views is None else views.repeated(trials)
    seen = judgement.observer.observe(fed, condition, looks, checked=checked)
    means, logits = seen.means, by_trial(seen.logits)  # (trials, N, n_classes)
    log_probability = target_log_probability(logits, judgement.targets[:, None])  # (trials, N)
    objective = saturated(log_probability, config.ceiling, config.floor or 0.0).mean(1)
    diversity = torch.zeros_like(objective)
    if config.diversity != "none":
        diversity = diversity_ratio(by_trial(seen.phi), by_trial(fed), pairs)
        objective = objective + config.diversity_weight * diversity
    matching = prior = torch.zeros_like(objective)
    if judgement.real_features is not None and judgement.real_layers:
        matching = matching_distance([by_trial(means[name]) for name in judgement.real_layers], judgement.real_features)
        objective = objective - config.matching_weight * matching  # a distance: the smaller, the better
    if judgement.prior is not None and judgement.prior_layers:
        prior = matching_distance([by_trial(means[name]) for name in judgement.prior_layers], judgement.prior)
        objective = objective - (config.prior_weight or 0.0) * prior
    imbalance = unsureness = torch.zeros_like(objective)
    if judgement.wished is not None:
        wished = judgement.wished
        imbalance, unsureness = wished.terms(by_trial(seen.attributes))
        objective = objective - wished.weight * imbalance - wished.sureness_weight * unsureness
    answers = torch.cat([seen.logits, seen.attributes], 1).detach()  # (trials * N, n_classes + attributes)
    finite = objective.detach().isfinite() & by_trial(answers).isfinite().all(-1).all(-1)
    return Scores(
        objective, log_probability.mean(1).detach(), log_probability.exp().mean(1).detach(), diversity.detach(),
        matching.detach(), prior.detach(), imbalance.detach(), unsureness.detach(), finite,
    )  # fmt: skip
