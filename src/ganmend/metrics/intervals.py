"""95 % intervals of figures, and of differences between two verdicts, from the same figures of random halves."""

from collections.abc import Mapping
from math import isfinite
from statistics import NormalDist

from torch import Tensor

from ganmend.errors import GanmendError
from ganmend.metrics.figures import FIGURES
from ganmend.metrics.wilson import wilson_interval

CONFIDENCE = 0.95
Interval = tuple[float, float]


def figure_intervals(figures: Mapping[str, float | None], halves: Mapping[str, Tensor]) -> dict[str, Interval]:
    """An interval of each figure that has halves: how far it would move with other samples and other real images.

    It lies around the figure: halves say how far it spreads, not where it lies, since FID of halves is twice as biased.

    Args:
        figures: by name; 'n' and 'n_real' too, of which precision, recall and coverage are shares: no interval of these
            is narrower than Wilson's, which has a width also where all halves agree.
        halves: (HALVES,) by name.

    Returns:
        Lower and upper end by name, within the range of what can be. The accuracy is left out: it has Wilson's.
    """
    of = {"precision": "n", "recall": "n_real", "coverage": "n_real"}
    found = {}
    for key, spread in halves.items():
        value = figures.get(key)
        if value is None or key == "judge_accuracy":
            continue
        low, high = _around(value, spread, _quantile(1))
        if key in of and (n := figures.get(of[key])) is not None:
            widest = wilson_interval(round(value * n), round(n))
            low, high = min(low, widest[0]), max(high, widest[1])
        least, most = FIGURES[key].range
        found[key] = (max(least, low), min(most, high))
    return found


def differences(
    before: Mapping[str, float | None],
    after: Mapping[str, float | None],
    halves: tuple[Mapping[str, Tensor], Mapping[str, Tensor]],
) -> dict[str, Interval]:
    """An interval of each figure after less the same before.

    Several figures are looked at, so these intervals are wider than one's would be: with a probability of 95 % all
    of them hold at once (Bonferroni's inequality).

    Args:
        before: figures by name.
        after: likewise.
        halves: (HALVES,) by name, of before and of after, paired: half i is of the same places and real images.

    Returns:
        Lower and upper end by name, of the figures that have halves on both sides.
    """
    one, other = halves
    known = [key for key in other if key in one and None not in (before.get(key), after.get(key))]
    quantile = _quantile(len(known)) if known else 0.0
    return {key: _around(after[key] - before[key], other[key] - one[key], quantile) for key in known}  # type: ignore[operator]


def read_intervals(given: object, what: str) -> dict[str, Interval]:
    """Intervals by figure from plain values.

    Args:
        given: pairs of numbers by name.
        what: they are of, such as 'a verdict', for the message.

    Returns:
        The intervals.

    Raises:
        GanmendError: something else, or of another figure.
    """
    if isinstance(given, dict) and set(given) <= set(FIGURES) and all(map(_is_interval, given.values())):
        return {key: (float(low), float(high)) for key, (low, high) in given.items()}
    raise GanmendError(f"the intervals of {what} are {given!r:.80}; expected a lower and an upper end by figure")


def _is_interval(ends: object) -> bool:
    """Whether it is a list of two finite numbers in order."""
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        return False
    return all(type(end) in (int, float) and isfinite(end) for end in ends) and ends[0] <= ends[1]


def _quantile(together: int) -> float:
    """How many standard deviations an interval reaches, where so many hold at once with a probability of 95 %."""
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * together))


def _around(value: float, halves: Tensor, quantile: float) -> Interval:
    """The value, and on either side so many standard deviations of the halves."""
    reach = quantile * halves.std().item()
    return value - reach, value + reach
