"""Verdicts of one judge before and after an edit, with what they are read against and what speaks against them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ganmend.errors import GanmendError
from ganmend.metrics.figures import format_figure, headlines, is_better, label
from ganmend.metrics.intervals import Interval, differences, read_intervals
from ganmend.metrics.memorisation import Memorisation
from ganmend.metrics.shares import AttributeShares
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, Yardsticks

# By whether a figure got better and whether one got worse.
OUTCOMES: Mapping[tuple[bool, ...], str] = MappingProxyType(
    {
        (True, False): "better",
        (False, True): "worse",
        (True, True): "better in part, worse in part",
        (False, False): "no change shown",
    }
)


def paired_differences(before: Verdict, after: Verdict) -> dict[str, Interval]:
    """What each figure changed by, as intervals that all hold at once with a probability of 95 %.

    Args:
        before: on samples of the one edit.
        after: on as many samples of the other, from the same latents, against the same real images.

    Returns:
        Lower and upper end by name; of verdicts that were loaded, nothing.
    """
    return differences(before.figures(), after.figures(), (before.halves, after.halves))


@dataclass(frozen=True)
class Comparison:
    """Verdicts of one judge before and after an edit, on the same latents.

    Attributes:
        before: the verdict on the row that the edit is compared with.
        after: the verdict on the edit.
        judge: the judge's name.
        yardsticks: healthy classes and real images, judged likewise.
        doubts: sentences that a reader should know before believing the figures.
        changes: lower and upper end of what each figure changed by, see `paired_differences`; what is not known is left
            out.
        others: what further judges say of the same samples, each alone.
        memorisation: whether samples of the edit may be copies of real images; None where nobody could tell.
        shares: of attributes, where shares of these were wished for.
    """

    before: Verdict
    after: Verdict
    judge: str
    yardsticks: Yardsticks = NO_YARDSTICKS
    doubts: tuple[str, ...] = ()
    changes: Mapping[str, Interval] = field(default_factory=dict)
    others: tuple["Comparison", ...] = ()
    memorisation: Memorisation | None = None
    shares: AttributeShares | None = None

    def is_better(self, key: str) -> bool | None:
        """Whether a figure got better; None where no change is shown, or the figure has no better direction."""
        return is_better(key, self.changes.get(key))

    def headlines(self) -> tuple[str, ...]:
        """The figures of short tables, in order, of which an interval of the change is known."""
        return tuple(key for key in headlines(self.before.as_dict(), self.after.as_dict()) if key in self.changes)

    @property
    def outcome(self) -> str:
        """What the figures of short tables say together: one of OUTCOMES, or '' where no change is known.

        An edit that changes nothing is called anything but 'no change shown' at most once in twenty times.
        """
        shown = self.headlines()
        return (
            OUTCOMES[tuple(any(self.is_better(key) is wanted for key in shown) for wanted in (True, False))]
            if shown
            else ""
        )

    def columns(self) -> dict[str, Verdict]:
        """The verdicts by the headings under which tables show them; what is not known is left out."""
        return {"before": self.before, "after": self.after, **self.yardsticks.columns()}

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON: the attributes by name, further judges as 'other_judges', and the 'outcome';
        'shares' of attributes where these were wished for.
        """
        verdicts = {"before": self.before.as_dict(), "after": self.after.as_dict()}
        changes = {key: list(ends) for key, ends in self.changes.items()}
        others = [{"judge": other.judge, **other.as_dict()} for other in self.others]
        copies = None if self.memorisation is None else self.memorisation.as_dict()
        said = {"changes": changes, "outcome": self.outcome, "doubts": list(self.doubts), "other_judges": others}
        shares = {} if self.shares is None else {"shares": self.shares.as_dict()}
        return {**verdicts, **said, "memorisation": copies, **shares, **self.yardsticks.as_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, object], judge: str) -> "Comparison":
        """Make a comparison of what `as_dict` gave; results of version 0.1 have before and after only, those of 0.2 no
        changes and no other judges.

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
        changes = read_intervals(values.get("changes", {}), "the changes")
        others = tuple(cls._of_other_judge(entry) for entry in _list_of_others(values))
        copies = values.get("memorisation")
        memorisation = None if copies is None else Memorisation.from_dict(copies)
        shares = None if values.get("shares") is None else AttributeShares.from_dict(values["shares"])
        yardsticks = Yardsticks.from_dict(values)
        return cls(before, after, judge, yardsticks, tuple(doubts), changes, others, memorisation, shares)

    @classmethod
    def _of_other_judge(cls, values: object) -> "Comparison":
        if not isinstance(values, dict) or not isinstance(values.get("judge"), str):
            raise GanmendError(f"another judge's verdict is {values!r:.80}; expected its name, before and after")
        return cls.from_dict({**values, "other_judges": []}, values["judge"])

    def __str__(self) -> str:
        shown = [
            f"{label(key)} {format_figure(getattr(self.before, key))} -> {format_figure(getattr(self.after, key))}"
            for key in headlines(self.before.as_dict(), self.after.as_dict())
        ]
        return f"{', '.join(shown)} (by {self.judge}, {self.after.n} samples)"


def _list_of_others(values: Mapping[str, object]) -> list[object]:
    others = values.get("other_judges", [])
    if not isinstance(others, list):
        raise GanmendError(f"the other judges are {others!r:.80}; expected a list of verdicts")
    return others


@dataclass(frozen=True)
class Assessment:
    """One verdict, with what it is read against.

    Attributes:
        verdict: on the samples.
        judge: the judge's name.
        target: name of the class that the samples should show.
        yardsticks: healthy classes and real images, judged likewise.
        doubts: sentences that a reader should know before believing the figures.
        others: what further judges say of the same samples, each alone.
    """

    verdict: Verdict
    judge: str
    target: str
    yardsticks: Yardsticks = NO_YARDSTICKS
    doubts: tuple[str, ...] = ()
    others: tuple["Assessment", ...] = ()

    def __str__(self) -> str:
        figures = self.verdict.as_dict()
        shown = [f"{label(key)} {format_figure(figures[key])}" for key in headlines(figures)]
        return f"{', '.join(shown)} (by {self.judge}, {self.verdict.n} samples)"
