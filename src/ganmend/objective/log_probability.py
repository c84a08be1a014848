"""Activation maximisation: the log-probability of the target (Li et al. 2020, equation 1)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def target_log_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """log P(y | image): logits (..., n_classes) and targets broadcastable to (...) -> (...)."""
    log_probability = F.log_softmax(logits, -1)
    return log_probability.gather(-1, targets.expand(logits.shape[:-1]).unsqueeze(-1)).squeeze(-1)


def saturated(log_probability: Tensor, ceiling: float, floor: float = 0.0) -> Tensor:
    """Log-probability that stops counting above `ceiling`, and hardly counts far below `floor`.

    A sample that the classifier already takes for the target no longer pulls the embedding, so that the class is not
    narrowed to whatever the classifier likes best. One that it surely takes for something else gains nothing by looking
    like nothing at all: of a thousand classes a grey picture has a larger log-probability than a good one of another
    class.

    Args:
        log_probability: (...).
        ceiling: a probability; 1 changes nothing.
        floor: a probability that is added to each; 0 changes nothing.

    Returns:
        (...).
    """
    if ceiling < 1:
        log_probability = log_probability.clamp(max=float(torch.tensor(ceiling).log()))
    return log_probability if floor == 0 else (log_probability.exp() + floor).log()
