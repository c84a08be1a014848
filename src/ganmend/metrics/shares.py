"""How often samples show each of several attributes, before and after an edit, beside the wished shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganmend.errors import GanmendError
from ganmend.metrics.intervals import Interval
from ganmend.metrics.wilson import wilson_interval
from ganmend.targets.classifier import Classifier

SURE = 2 / 3  # probability from which a network is sure of a sample's attribute
MOST_UNSURE = 0.2  # share of the samples, above which a count says little
LEAST_ACCURACY = 0.9  # on held-out photographs: of less, shares are off by ten points and more
MISSED = 0.1  # from the wished shares, above which they were not reached


@dataclass(frozen=True)
class AttributeCounter:
    """A network that counts attributes, and that no search should have used.

    Attributes:
        names: of the attributes.
        classifier: the network, in float32.
        indices: of its classes, one an attribute.
        accuracy: in [0, 1], with which it tells held-out photographs of the attributes apart; None where nobody knows.
        guided: whether the search used the same network all the same, whose count then says nothing.
    """

    names: tuple[str, ...]
    classifier: Classifier
    indices: tuple[int, ...]
    accuracy: float | None = None
    guided: bool = False

    def count(self, logits: Tensor) -> "Counts":
        """Count samples by the attribute that is most probable, among the attributes alone: logits (N, n_classes)."""
        probabilities = logits[:, list(self.indices)].double().softmax(1)  # (N, n_classes) -> (N, attributes)
        highest, shown = probabilities.max(1)
        counts = torch.bincount(shown, minlength=len(self.indices)).tolist()
        return Counts(tuple(counts), int((highest < SURE).sum()))


@dataclass(frozen=True)
class Counts:
    """How many samples show what.

    Attributes:
        counts: of each attribute.
        unsure: samples of which no attribute has a probability of 2/3; they are counted all the same.
    """

    counts: tuple[int, ...]
    unsure: int

    @property
    def n(self) -> int:
        """Samples."""
        return sum(self.counts)


@dataclass(frozen=True)
class AttributeShares:
    """Shares of attributes before and after an edit, of as many samples from the same latents.

    Attributes:
        names: of the attributes.
        wished: shares, in [0, 1], in the same order.
        before: the counts on the row that the edit is compared with.
        after: those on the edit.
        counted_by: name of the network that counted.
        accuracy: see `AttributeCounter`.
        guided: see there.
    """

    names: tuple[str, ...]
    wished: tuple[float, ...]
    before: Counts
    after: Counts
    counted_by: str
    accuracy: float | None = None
    guided: bool = False

    @property
    def distances(self) -> tuple[float, float]:
        """How far the shares lie from the wished ones before and after, in [0, 1]: the share that would have to change.

        The total variation distance: half the sum of what each share is off.
        """
        before, after = (
            sum(abs(count / one.n - wish) for count, wish in zip(one.counts, self.wished, strict=True)) / 2
            for one in (self.before, self.after)
        )
        return before, after

    def rows(self) -> list[tuple[str, float, tuple[float, Interval], tuple[float, Interval]]]:
        """Of each attribute its name, its wished share, and its share with its 95 % interval (Wilson's) twice."""
        counted = zip(self.names, self.wished, self.before.counts, self.after.counts, strict=True)
        return [
            (name, wish, _share(before, self.before.n), _share(after, self.after.n))
            for name, wish, before, after in counted
        ]

    def doubts(self) -> tuple[str, ...]:
        """What a reader should know before believing the shares, in sentences."""
        found, (before, after) = [], self.distances
        if self.guided:
            found.append(f"{self.counted_by}, which counted the attributes, guided the search, so it says nothing.")
        if after > MISSED:
            further = ", further than before" * (after > before)
            found.append(f"The wished shares were not reached: they are {after:.0%} of the samples away{further}.")
        if self.after.unsure > MOST_UNSURE * self.after.n:
            found.append(
                f"{self.counted_by}, which counted the attributes, is unsure of {self.after.unsure / self.after.n:.0%} "
                "of the samples, so the shares say little."
            )
        if self.accuracy is not None and self.accuracy < LEAST_ACCURACY:
            found.append(
                f"{self.counted_by}, which counted the attributes, names {1 - self.accuracy:.0%} of the photographs of "
                "these wrongly that it was not fitted on, so the shares may be off by as much."
            )
        return tuple(found)

    def as_dict(self) -> dict[str, object]:
        """Plain values by name, for JSON: the attributes as 'attributes', in order, with shares and intervals."""
        attributes = [
            {"name": name, "wished": wish, "before": _plain(*before), "after": _plain(*after)}
            for name, wish, before, after in self.rows()
        ]
        counts = {"before": list(self.before.counts), "after": list(self.after.counts)}
        unsure = {"before": self.before.unsure, "after": self.after.unsure}
        distances = dict(zip(("before", "after"), self.distances, strict=True))
        by = {"counted_by": self.counted_by, "accuracy": self.accuracy, "guided": self.guided}
        return {**by, "attributes": attributes, "counts": counts, "unsure": unsure, "distance": distances}

    @classmethod
    def from_dict(cls, values: object) -> "AttributeShares":
        """Make it of what `as_dict` gave; shares and intervals follow from the counts.

        Args:
            values: by name.

        Returns:
            The same again.

        Raises:
            GanmendError: something is missing, or of another kind.
        """
        try:
            given: Mapping[str, Any] = values if isinstance(values, Mapping) else {}
            counts, unsure, attributes = given["counts"], given["unsure"], given["attributes"]
            names, wished = zip(*((str(one["name"]), float(one["wished"])) for one in attributes), strict=True)
            before, after = (_counts(counts[which], unsure[which], len(names)) for which in ("before", "after"))
            accuracy = None if given["accuracy"] is None else float(given["accuracy"])
            by, guided = str(given["counted_by"]), given["guided"] is True
            return cls(names, wished, before, after, by, accuracy, guided)
        except (KeyError, TypeError, ValueError) as error:
            raise GanmendError(f"the shares of attributes are {values!r:.80}; expected what as_dict gives") from error


def _share(count: int, n: int) -> tuple[float, Interval]:
    return count / n, wilson_interval(count, n)


def _plain(share: float, interval: Interval) -> dict[str, object]:
    return {"share": share, "interval": list(interval)}


def _counts(counts: Sequence[int], unsure: int, attributes: int) -> Counts:
    found = Counts(tuple(counts), unsure)
    if any(type(number) is not int or number < 0 for number in (*counts, unsure)) or len(counts) != attributes:
        raise ValueError("expected whole numbers, one an attribute")
    if found.n < max(1, unsure):
        raise ValueError("expected at least one sample, and no more unsure ones than there are")
    return found
