"""How often a judge takes samples for the target."""

from dataclasses import dataclass

from torch import Tensor

from ganmend.metrics.wilson import wilson_interval


@dataclass(frozen=True)
class JudgeAccuracy:
    """Top-1 accuracy with its 95 % Wilson interval, and the mean probability of the target."""

    accuracy: float
    low: float
    high: float
    probability: float


def judge_accuracy(logits: Tensor, target: int) -> JudgeAccuracy:
    """From logits (N, n_classes) of samples that should all be of class `target`."""
    hits = int((logits.argmax(1) == target).sum())
    low, high = wilson_interval(hits, len(logits))
    return JudgeAccuracy(hits / len(logits), low, high, logits.double().softmax(1)[:, target].mean().item())
