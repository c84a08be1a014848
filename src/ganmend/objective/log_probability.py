"""Activation maximisation: the log-probability of the target (Li et al. 2020, equation 1)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def target_log_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """log P(y | image): logits (..., n_classes) and targets broadcastable to (...) -> (...)."""
    log_probability = F.log_softmax(logits, -1)
    return log_probability.gather(-1, targets.expand(logits.shape[:-1]).unsqueeze(-1)).squeeze(-1)


def saturated(log_probability: Tensor, ceiling: float) -> Tensor:
    """Log-probability that stops counting above `ceiling` (a probability; 1 changes nothing).

    A sample that the classifier already takes for the target no longer pulls the embedding, so that the class is not
    narrowed to whatever the classifier likes best.
    """
    return log_probability.clamp(max=float(torch.tensor(ceiling).log())) if ceiling < 1 else log_probability
