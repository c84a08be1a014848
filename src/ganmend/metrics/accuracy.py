"""How often a judge takes samples for the target."""

from dataclasses import dataclass

from torch import Tensor

from ganmend.metrics.wilson import wilson_interval


@dataclass(frozen=True)
class JudgeAccuracy:
    """How well a judge recognises samples of one class.

    Attributes:
        accuracy: top-1, in [0, 1]: the share of samples whose highest logit is the target's.
        low: lower end of its 95 % Wilson interval.
        high: upper end.
        probability: in [0, 1]: the softmax probability of the target, averaged over samples.
    """

    accuracy: float
    low: float
    high: float
    probability: float


def judge_accuracy(logits: Tensor, target: int) -> JudgeAccuracy:
    """Accuracy and probability of samples that should all be of one class.

    Args:
        logits: (N, n_classes) of the judge, N at least 1.
        target: index of that class.

    Returns:
        Shares of the N samples; softmax in float64.
    """
    hits = int((logits.argmax(1) == target).sum())
    low, high = wilson_interval(hits, len(logits))
    return JudgeAccuracy(hits / len(logits), low, high, logits.double().softmax(1)[:, target].mean().item())
