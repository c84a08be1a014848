"""Attributes whose shares among the samples a search brings about, such as the colours of cars."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.objective.balance import imbalance, unsureness
from ganmend.targets.classifier import Classifier


@dataclass(frozen=True)
class WishedShares:
    """How often samples shall show each of several attributes.

    Attributes:
        classifier: tells the attributes apart, on the generator's device and in the search's precision.
        indices: of its classes, one an attribute.
        shares: wished for, in the same order, summing to 1.
        weight: of the imbalance in the objective.
        sureness_weight: of the unsureness.
    """

    classifier: Classifier
    indices: tuple[int, ...]
    shares: tuple[float, ...]
    weight: float = 2.0
    sureness_weight: float = 0.5

    def terms(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """How far samples are from the wish.

        Args:
            logits: (..., N, n_classes) of the classifier, whose other classes do not count.

        Returns:
            (...) imbalance and unsureness: see `objective.balance`.
        """
        asked = logits[..., list(self.indices)]  # (..., N, n_classes) -> (..., N, attributes)
        return imbalance(asked, torch.tensor(self.shares, device=logits.device)), unsureness(asked)

    def facts(self) -> list[object]:
        """What a search's outcome depends on, as plain values."""
        return [
            self.classifier.fingerprint,
            str(self.classifier.dtype),
            list(self.indices),
            list(self.shares),
            self.weight,
            self.sureness_weight,
        ]
