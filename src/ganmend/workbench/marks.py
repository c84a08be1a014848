"""What marks a class as sick: the thresholds, the medians that they are relative to, and the mark."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from ganmend.metrics.verdict import Verdict
from ganmend.search.ranking import COLLAPSED_DIVERSITY

OFF_CLASS_ACCURACY = 0.3
BIASED_COVERAGE = 0.7
RULE = (
    f"collapsed: diversity below {COLLAPSED_DIVERSITY} of the median class; "
    f"off-class: accuracy below {OFF_CLASS_ACCURACY}; "
    f"biased: coverage of the real images below {BIASED_COVERAGE} of the median class"
)


@dataclass(frozen=True)
class ClassDiagnosis:
    """One class.

    Attributes:
        index: the generator's.
        name: the generator's.
        mark: 'collapsed', 'off-class', 'biased' or '', which is healthy.
        severity: above 0 for a marked class; 1 is as sick as can be.
        verdict: its figures.
    """

    index: int
    name: str
    mark: str
    severity: float
    verdict: Verdict

    @property
    def task(self) -> str:
        """What mends it: 'debias' where it is biased, 'repair' where it is sick otherwise, '' where it is healthy."""
        return {"biased": "debias", "": ""}.get(self.mark, "repair")


@dataclass(frozen=True)
class Medians:
    """The median class: what diversity and coverage are relative to; 0 where nothing is known, which marks nothing."""

    diversity: float
    coverage: float = 0.0


def medians_of(verdicts: Iterable[Verdict]) -> Medians:
    """The medians of some classes' verdicts, each over those that have the figure."""
    judged = list(verdicts)
    coverages = [verdict.coverage for verdict in judged if verdict.coverage is not None]
    return Medians(median(verdict.diversity for verdict in judged), median(coverages) if coverages else 0.0)


def lacks(accuracy: float | None, diversity: float, coverage: float | None, medians: Medians) -> dict[str, float]:
    """How far each figure of a class lies below its threshold, by the mark that it leads to.

    Args:
        accuracy: in [0, 1]; None, where the judge does not know the class, counts as 0.
        diversity: at least 0.
        coverage: in [0, 1]; None, where there are no real images, counts as the median.
        medians: of the figures.

    Returns:
        0 at the threshold, 1 at nothing, below 0 for healthy figures; in the order in which marks are given.
    """

    def share(value: float | None, of: float) -> float:
        """A figure as a share of the median; 1 where either is not known."""
        return 1.0 if value is None or not of else value / of

    return {
        "collapsed": 1 - share(diversity, medians.diversity) / COLLAPSED_DIVERSITY,
        "off-class": 1 - (accuracy or 0) / OFF_CLASS_ACCURACY,
        "biased": 1 - share(coverage, medians.coverage) / BIASED_COVERAGE,
    }


def marked_by(index: int, name: str, verdict: Verdict, medians: Medians) -> ClassDiagnosis:
    """The diagnosis of a class by RULE: the first mark that holds, and how far the worst figure is below its threshold.

    Args:
        index: of the class.
        name: of the class.
        verdict: on it.
        medians: of the figures.

    Returns:
        The diagnosis.
    """
    found = lacks(verdict.judge_accuracy, verdict.diversity, verdict.coverage, medians)
    mark = next((mark for mark, lack in found.items() if lack > 0), "")
    return ClassDiagnosis(index, name, mark, max(found.values()), verdict)


def mark_class(index: int, name: str, verdicts: Mapping[int, Verdict]) -> ClassDiagnosis:
    """The diagnosis of class `index` among the verdicts on all classes, by RULE."""
    return marked_by(index, name, verdicts[index], medians_of(verdicts.values()))
