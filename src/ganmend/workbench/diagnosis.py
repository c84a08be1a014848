"""Which classes are sick: every class sampled, scored and marked."""

from dataclasses import dataclass
from statistics import median

from ganmend.edits.sampling import class_row
from ganmend.errors import ClassNameError, OptionError
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.models.biggan.model import Generator
from ganmend.models.biggan.prepared import prepared
from ganmend.search.ranking import COLLAPSED_DIVERSITY
from ganmend.targets.classifier import Classifier
from ganmend.workbench.verdicts import Verdict, class_of, evaluate, reference_of

SAMPLES = 200
OFF_CLASS_ACCURACY = 0.3
BIASED_COVERAGE = 0.7
RULE = (
    f"collapsed: diversity below {COLLAPSED_DIVERSITY} of the median class; "
    f"off-class: accuracy below {OFF_CLASS_ACCURACY}; "
    f"biased: coverage of the real images below {BIASED_COVERAGE} of the median class"
)


@dataclass(frozen=True)
class ClassDiagnosis:
    """One class: its mark ('' is healthy), how sick it is (higher is worse), and its figures."""

    index: int
    name: str
    mark: str
    severity: float
    figures: Verdict


@dataclass(frozen=True)
class Diagnosis:
    """All classes, worst first, and the rule that marked them."""

    classes: tuple[ClassDiagnosis, ...]
    rule: str = RULE

    def worst(self, n: int) -> list[str]:
        """Names of the n sickest marked classes."""
        return [entry.name for entry in self.classes if entry.mark][:n]


def diagnose(
    generator: Generator,
    classifier: Classifier,
    *,
    statistics: ReferenceStatistics | None = None,
    n: int = SAMPLES,
    seed: int = 1000,
    precision: str = "auto",
) -> Diagnosis:
    """Score every class that the classifier knows with n samples and mark the sick ones by RULE.

    Samples are drawn by the generator as `prepared` for `precision`.

    Raises:
        OptionError: n below 6, or no class that the classifier knows.
    """
    if n < 6:
        raise OptionError(f"n is {n}; expected at least 6 samples a class")
    generator = prepared(generator, precision)
    figures: dict[int, Verdict] = {}
    for index, name in enumerate(generator.class_names):
        try:
            class_of(classifier, name)
        except ClassNameError:
            continue
        reference = reference_of(statistics, classifier, name) if statistics is not None else None
        figures[index] = evaluate(
            generator, class_row(generator, index), classifier, name, reference=reference, n=n, seed=seed
        )
    if not figures:
        raise OptionError(f"{classifier.name} knows none of the generator's classes by name; use one that does")
    marked = [_mark(index, generator.class_names[index], entry, figures) for index, entry in figures.items()]
    return Diagnosis(tuple(sorted(marked, key=lambda entry: -entry.severity)))


def _mark(index: int, name: str, entry: Verdict, everyone: dict[int, Verdict]) -> ClassDiagnosis:
    def relative(key: str) -> float | None:
        values = [float(value) for other in everyone.values() if (value := other[key]) is not None]
        own = entry[key]
        return None if own is None or not median(values) else float(own) / median(values)

    diversity, coverage = relative("diversity"), relative("coverage")
    accuracy = float(entry["judge_accuracy"] or 0)
    lacks = {
        "collapsed": 1 - (1.0 if diversity is None else diversity) / COLLAPSED_DIVERSITY,
        "off-class": 1 - accuracy / OFF_CLASS_ACCURACY,
        "biased": 1 - (1.0 if coverage is None else coverage) / BIASED_COVERAGE,
    }
    severity = max(lacks.values())
    mark = next((mark for mark, lack in lacks.items() if lack > 0), "")
    return ClassDiagnosis(index, name, mark, severity, entry)
