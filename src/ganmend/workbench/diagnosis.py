"""Which classes are sick: every class sampled, scored and marked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from ganmend.edits.class_edit import class_row
from ganmend.errors import OptionError
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.search.ranking import COLLAPSED_DIVERSITY
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_meant import known_to

SAMPLES, FEWEST_SAMPLES = 200, 6
# Verdicts draw other samples: where the sickest class of many is mended, the samples that chose it make it look worse
# than it is, and any edit of it better.
SEED = 2000
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
class Diagnosis:
    """All classes, worst first, and the rule that marked them."""

    classes: tuple[ClassDiagnosis, ...]
    rule: str = RULE

    def worst(self, n: int) -> list[ClassDiagnosis]:
        """The n sickest marked classes, the sickest first; each says which task mends it."""
        return [entry for entry in self.classes if entry.mark][:n]

    def __repr__(self) -> str:
        sick = [f"{entry.name} ({entry.mark})" for entry in self.classes if entry.mark]
        return f"<Diagnosis: {len(sick)} of {len(self.classes)} classes marked{': ' * bool(sick)}{', '.join(sick)}>"

    def _repr_html_(self) -> str:
        from ganmend.report.fragments import diagnosis_table  # which few runs need

        return diagnosis_table([(entry.name, entry.mark, entry.verdict) for entry in self.classes], self.rule)


def diagnose_classes(
    generator: Generator,
    classifier: Classifier,
    references: Callable[[str], ClassReference | None] = lambda name: None,
    *,
    n: int = SAMPLES,
    seed: int = SEED,
    on_progress: OnProgress = ignore,
) -> Diagnosis:
    """Score every class that the classifier knows, and mark the sick ones by RULE.

    Args:
        generator: prepared for many images.
        classifier: that scores, in float32.
        references: from the classifier's name of a class to its real images, as this classifier sees them; a class
            without them is never found biased.
        n: samples a class, at least 6.
        seed: of their latents, the same for every class.
        on_progress: called after each class, stage 'diagnosing'.

    Returns:
        All classes, worst first.

    Raises:
        OptionError: n below 6, or no class that the classifier knows.
    """
    if n < FEWEST_SAMPLES:
        raise OptionError(f"n is {n}; expected at least {FEWEST_SAMPLES} samples a class")
    asked = {row: known_to(classifier, row, generator.class_names) for row in range(generator.n_classes)}
    known = [(row, target) for row, target in asked.items() if target is not None]
    if not known:
        raise OptionError(
            f"{classifier.name} knows none of the generator's classes by name; use one that does, or name its "
            "classes by --classes FILE"
        )
    verdicts: dict[int, Verdict] = {}
    for done, (index, target) in enumerate(known):
        edit, reference = class_row(generator, index), references(classifier.class_names[target])
        verdicts[index] = judge_edit(generator, edit, classifier, target, reference, n=n, seed=seed, intervals=False)
        on_progress(Progress("diagnosing", done + 1, len(known)))
    marked = [mark_class(index, generator.class_names[index], verdicts) for index in verdicts]
    return Diagnosis(tuple(sorted(marked, key=lambda entry: -entry.severity)))


def mark_class(index: int, name: str, verdicts: Mapping[int, Verdict]) -> ClassDiagnosis:
    """The diagnosis of class `index` among the verdicts on all classes, by RULE."""

    def relative(key: str) -> float:
        """The class's figure as a share of the median class's; 1 where it is not known."""
        values = [float(value) for verdict in verdicts.values() if (value := getattr(verdict, key)) is not None]
        own = getattr(verdicts[index], key)
        return 1.0 if own is None or not median(values) else float(own) / median(values)

    # How far below its threshold each figure is: 0 at the threshold, 1 at nothing.
    lacks = {
        "collapsed": 1 - relative("diversity") / COLLAPSED_DIVERSITY,
        "off-class": 1 - float(verdicts[index].judge_accuracy or 0) / OFF_CLASS_ACCURACY,
        "biased": 1 - relative("coverage") / BIASED_COVERAGE,
    }
    mark = next((mark for mark, lack in lacks.items() if lack > 0), "")
    return ClassDiagnosis(index, name, mark, max(lacks.values()), verdicts[index])
