"""Verdicts of one judge before and after an edit, with what they are read against and what speaks against them."""

from collections.abc import Mapping
from dataclasses import dataclass

from ganmend.errors import GanmendError
from ganmend.metrics.figures import format_figure, headlines, is_better, label
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, Yardsticks


@dataclass(frozen=True)
class Comparison:
    """Verdicts of one judge before and after an edit, on the same latents.

    Attributes:
        before: the verdict on the row that the edit is compared with.
        after: the verdict on the edit.
        judge: the judge's name.
        yardsticks: healthy classes and real images, judged likewise.
        doubts: sentences that a reader should know before believing the figures.
    """

    before: Verdict
    after: Verdict
    judge: str
    yardsticks: Yardsticks = NO_YARDSTICKS
    doubts: tuple[str, ...] = ()

    def is_better(self, key: str) -> bool | None:
        """Whether a figure got better; None where it is equal, not known, or has no better direction."""
        return is_better(key, getattr(self.before, key), getattr(self.after, key))

    def columns(self) -> dict[str, Verdict]:
        """The verdicts by the headings under which tables show them; what is not known is left out."""
        return {"before": self.before, "after": self.after, **self.yardsticks.columns()}

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON: 'before', 'after', 'doubts', and those of `Yardsticks.as_dict`."""
        verdicts = {"before": self.before.as_dict(), "after": self.after.as_dict()}
        return {**verdicts, **self.yardsticks.as_dict(), "doubts": list(self.doubts)}

    @classmethod
    def from_dict(cls, values: Mapping[str, object], judge: str) -> "Comparison":
        """Make a comparison of what `as_dict` gave; results of version 0.1 have before and after only.

        Args:
            values: by name; other names are left alone.
            judge: the judge's name.

        Returns:
            The comparison.

        Raises:
            GanmendError: before or after is missing, or something is of another kind.
        """
        for which in ("before", "after"):
            if which not in values:
                raise GanmendError(f"the verdict lacks {which!r}; judge again")
        before, after = (Verdict.from_dict(values[which]) for which in ("before", "after"))
        doubts = values.get("doubts", [])
        if not isinstance(doubts, list) or not all(isinstance(doubt, str) for doubt in doubts):
            raise GanmendError(f"the verdict's doubts are {doubts!r:.80}; expected a list of sentences")
        return cls(before, after, judge, Yardsticks.from_dict(values), tuple(doubts))

    def __str__(self) -> str:
        shown = [
            f"{label(key)} {format_figure(getattr(self.before, key))} -> {format_figure(getattr(self.after, key))}"
            for key in headlines(self.before.as_dict(), self.after.as_dict())
        ]
        return f"{', '.join(shown)} (by {self.judge}, {self.after.n} samples)"


@dataclass(frozen=True)
class Assessment:
    """One verdict, with what it is read against.

    Attributes:
        verdict: on the samples.
        judge: the judge's name.
        target: name of the class that the samples should show.
        yardsticks: healthy classes and real images, judged likewise.
        doubts: sentences that a reader should know before believing the figures.
    """

    verdict: Verdict
    judge: str
    target: str
    yardsticks: Yardsticks = NO_YARDSTICKS
    doubts: tuple[str, ...] = ()
