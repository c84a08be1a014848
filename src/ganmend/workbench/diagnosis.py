"""Which classes are sick: classes sampled, scored and marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ganmend.errors import OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.workbench.judged_classes import JudgedClasses
from ganmend.workbench.marks import RULE, ClassDiagnosis, marked_by, medians_of
from ganmend.workbench.race import diagnose_in_rounds

SAMPLES, FEWEST_SAMPLES = 200, 6
# Verdicts draw other samples: where the sickest class of many is mended, the samples that chose it make it look worse
# than it is, and any edit of it better.
SEED = 2000
COMPARED = 25  # classes whose median stands for that of all, where not all are drawn in full
MANY = 100  # classes, above which each is drawn only until it is settled: see docs/scaling.md


@dataclass(frozen=True)
class Diagnosis:
    """All classes that were asked for, worst first, and the rule that marked them.

    Attributes:
        classes: the diagnoses.
        rule: in words.
        compared: indices of the classes whose median figures the marks are relative to.
        notes: what else is to be known of the medians and of the samples, in sentences.
    """

    classes: tuple[ClassDiagnosis, ...]
    rule: str = RULE
    compared: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

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
    only: Sequence[int] | None = None,
    sequential: bool | None = None,
    worst: int = 0,
    kept: Kept = NOTHING_KEPT,
    on_progress: OnProgress = ignore,
) -> Diagnosis:
    """Score classes, and mark the sick ones by RULE.

    Args:
        generator: prepared for many images.
        classifier: that scores, in float32.
        references: from the classifier's name of a class to its real images, as this classifier sees them; a class
            without them is never found biased.
        n: samples a class, at least 6; where `sequential`, the most of them.
        seed: of their latents, the same for every class.
        only: the classes that are diagnosed; None takes all that the classifier knows. The median class is then that
            of COMPARED classes spread evenly over all.
        sequential: draw a class only until its mark is settled, see `diagnose_in_rounds`; None does so where more than
            MANY are diagnosed.
        worst: where `sequential`, so many of the sickest classes are told from the others.
        kept: figures of classes that an earlier diagnosis has judged; those of this one go there.
        on_progress: called after each class, stage 'diagnosing', and where not all are compared with each other,
            before that stage 'comparing'; after it, where `worst` asks for further samples, stage 'ordering'.

    Returns:
        The classes, worst first.

    Raises:
        OptionError: n below 6, or a class that the classifier does not know.
    """
    if n < FEWEST_SAMPLES:
        raise OptionError(f"n is {n}; expected at least {FEWEST_SAMPLES} samples a class")
    with JudgedClasses(generator, classifier, references, n=n, seed=seed, kept=kept) as judged:
        rows = judged.known_rows() if only is None else judged.checked(only)
        in_rounds = len(rows) > MANY if sequential is None else sequential
        in_full = only is None and not in_rounds
        compared = judged.known_rows() if in_full else spread_evenly(judged.known_rows(), COMPARED)
        classes = (diagnose_in_rounds if in_rounds else diagnose_in_full)(judged, rows, compared, worst, on_progress)
        notes = _notes(judged, classes, compared, in_rounds=in_rounds) if not in_full else ()
    return Diagnosis(tuple(sorted(classes, key=lambda entry: -entry.severity)), compared=tuple(compared), notes=notes)


def diagnose_in_full(
    judged: JudgedClasses, rows: Sequence[int], compared: Sequence[int], worst: int, on_progress: OnProgress
) -> list[ClassDiagnosis]:
    """Draw all samples of each class.

    Args:
        judged: the classes.
        rows: that are diagnosed.
        compared: whose medians count.
        worst: of no meaning here, where each class has all its samples.
        on_progress: called after each class, stage 'diagnosing'.

    Returns:
        The diagnoses, in the order of the rows.
    """
    verdicts: dict[int, Verdict] = {}
    asked = sorted({*rows, *compared})
    for done, row in enumerate(asked, 1):
        verdicts[row] = judged.in_full(row)
        on_progress(Progress("diagnosing", done, len(asked)))
    medians = medians_of(verdicts[row] for row in compared)
    return [marked_by(row, judged.names[row], verdicts[row], medians) for row in rows]


def spread_evenly(rows: Sequence[int], most: int) -> list[int]:
    """At most so many of some rows, at even distances."""
    count = min(most, len(rows))
    return [rows[i * len(rows) // count] for i in range(count)]


def _notes(
    judged: JudgedClasses, classes: Sequence[ClassDiagnosis], compared: Sequence[int], *, in_rounds: bool
) -> tuple[str, ...]:
    """What a diagnosis of some classes, or by few samples, is to be read with."""
    known = len(judged.known_rows())
    which = f"all {known}" if len(compared) == known else f"{len(compared)} spread evenly over all {known}"
    notes = [f"the median class is that of {which} classes that {judged.judge.name} knows"]
    if in_rounds:
        drawn, in_full = sum(entry.verdict.n for entry in classes), judged.n * len(classes)
        notes[0] += "; its diversity, that of these and of all classes above"
        notes.append(
            f"each class was drawn until its mark was settled: {drawn} samples in place of {in_full}; figures of few "
            "samples are rough; --no-sequential draws all"
        )
    return tuple(notes)
