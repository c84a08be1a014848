"""When a class needs no more samples: its mark is settled, and so is its place among the worst.

A race (Maron and Moore 1994, "Hoeffding races"): every class is looked at after 10 samples, 20, 40 and so on, and is
drawn no further when its mark is the same within the intervals of all its figures. These are narrower than Hoeffding's,
since it is known what the figures are: Wilson's for the accuracy, Student's with the jackknife's error for diversity
and coverage. They hold for all figures at all looks together with CONFIDENCE (Bonferroni's inequality). Which classes
are the worst N is settled as in LUCB (Kalyanakrishnan et al. 2012): those whose intervals cross the border go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from statistics import NormalDist

from ganmend.metrics.intervals import Interval
from ganmend.metrics.wilson import wilson_interval
from ganmend.workbench.marks import Medians, lacks

CONFIDENCE = 0.9  # that a class's mark is the one which any number of samples would give it: see docs/scaling.md
FIRST = 10  # samples at the first look; fewer say little of how far a figure may be off
TOLERANCE = 0.2  # of severity: classes that differ by less may change places at the border of the worst


@dataclass(frozen=True)
class Estimate:
    """What is known of a class after some samples.

    Attributes:
        n: samples.
        accuracy: in [0, 1].
        diversity: at least 0.
        diversity_error: its standard error.
        coverage: in [0, 1], or None without real images.
        coverage_error: its standard error.
        n_real: real images that it is a share of.
    """

    n: int
    accuracy: float
    diversity: float
    diversity_error: float
    coverage: float | None = None
    coverage_error: float = 0.0
    n_real: int = 0


def looks(n: int) -> list[int]:
    """After how many samples a class is looked at: FIRST, twice as many each time, and n in the end."""
    sizes = [min(FIRST, n)]
    while sizes[-1] < n:
        sizes.append(min(2 * sizes[-1], n))
    return sizes


def lack_bounds(seen: Estimate, medians: Medians, n_looks: int) -> dict[str, Interval]:
    """Between what and what the class's `lacks` lie.

    Args:
        seen: of the class.
        medians: of the figures, coverage after as many samples: it grows with them.
        n_looks: at the class, in all.

    Returns:
        Lowest and highest by mark, in the order of marks.
    """
    figures = 2 if seen.coverage is None else 3
    # One end each: a figure that is above its threshold is taken for one below only where its upper end is too low.
    normal = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (figures * n_looks))
    student = student_quantile(normal, seen.n - 1)
    accuracy = wilson_interval(round(seen.accuracy * seen.n), seen.n, normal)
    reach = student * seen.diversity_error
    diversity = (max(0.0, seen.diversity - reach), seen.diversity + reach)
    coverage = None if seen.coverage is None else _coverage_interval(seen, seen.coverage, student)
    most, least = (
        lacks(accuracy[end], diversity[end], None if coverage is None else coverage[end], medians) for end in (0, 1)
    )
    return {mark: (least[mark], most[mark]) for mark in most}


def _coverage_interval(seen: Estimate, coverage: float, quantile: float) -> Interval:
    """By the jackknife, and no narrower than Wilson's: a class whose samples cover nothing has an error of 0."""
    reach = quantile * seen.coverage_error
    low, high = wilson_interval(round(coverage * seen.n_real), seen.n_real)
    return min(low, max(0.0, coverage - reach)), max(high, coverage + reach)


def student_quantile(normal: float, freedom: int) -> float:
    """Student's quantile from the normal one, by three terms (Abramowitz and Stegun 1964, 26.7.5).

    Args:
        normal: quantile of the normal distribution, at most 3.5.
        freedom: degrees, at least 5.

    Returns:
        To 3 %.
    """
    z = normal
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def mark_is_settled(bounds: Mapping[str, Interval]) -> bool:
    """Whether the first mark that holds is the same for all figures within their bounds."""
    for low, high in bounds.values():
        if low > 0:
            return True  # it holds, whatever the marks behind it
        if high > 0:
            return False
    return True


def contested(severities: Mapping[int, Interval], worst: int) -> set[int]:
    """Which classes may be on the wrong side of the border between the worst and the others.

    Args:
        severities: bounds by class, of marked classes, the sickest first by what is known.
        worst: how many are asked for.

    Returns:
        Classes among the first `worst` whose bounds reach below those of a class behind them by more than TOLERANCE,
        and those behind that reach as far above.
    """
    order = list(severities)
    first, behind = order[:worst], order[worst:]
    lowest = min((severities[row][0] for row in first), default=inf)
    highest = max((severities[row][1] for row in behind), default=-inf)
    return {row for row in first if severities[row][0] < highest - TOLERANCE} | {
        row for row in behind if severities[row][1] > lowest + TOLERANCE
    }
