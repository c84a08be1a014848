"""Comparisons of verdicts whose figures are known without error."""

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.figures import FIGURES
from ganmend.metrics.intervals import Interval
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, Yardsticks


def certain_changes(before: Verdict, after: Verdict) -> dict[str, Interval]:
    """The change of each figure that both have, as an interval of no width."""
    pairs = {key: (getattr(before, key), getattr(after, key)) for key in FIGURES}
    return {key: (other - one, other - one) for key, (one, other) in pairs.items() if None not in (one, other)}


def certain(
    before: Verdict, after: Verdict, yardsticks: Yardsticks = NO_YARDSTICKS, doubts: tuple[str, ...] = ()
) -> Comparison:
    """By the judge 'eye'."""
    return Comparison(before, after, "eye", yardsticks, doubts, certain_changes(before, after))
