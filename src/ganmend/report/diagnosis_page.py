"""The page of a diagnosis: a table of classes with samples, that sorts and filters; without scripts it is a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from ganmend.metrics.figures import FIGURES, headlines
from ganmend.metrics.verdict import Verdict
from ganmend.report.fragments import environment


@dataclass(frozen=True)
class DiagnosedClass:
    """A row of the table.

    Attributes:
        index: the generator's.
        name: the generator's.
        mark: 'collapsed', 'off-class', 'biased' or '', which is healthy.
        severity: how sick it is: above 0 for a marked class, at most 1.
        verdict: its figures.
        samples: small, side by side.
    """

    index: int
    name: str
    mark: str
    severity: float
    verdict: Verdict
    samples: Image.Image


def render_diagnosis(
    title: str, classes: Sequence[DiagnosedClass], rule: str, notes: Sequence[str], facts: Mapping[str, object]
) -> str:
    """One page of many classes.

    Args:
        title: of the page.
        classes: in the order of the rows.
        rule: that marked them.
        notes: what else is to be known, in sentences.
        facts: by name, how it was made.

    Returns:
        HTML, with one small script that sorts and filters the table.
    """
    leading = set(headlines(*(one.verdict.as_dict() for one in classes)))
    shown = [key for key in FIGURES if key in leading or key in ("precision", "recall")]
    keys = [key for key in shown if any(getattr(one.verdict, key) is not None for one in classes)]
    marks = Counter(one.mark for one in classes if one.mark)
    return environment().get_template("diagnosis_page.html").render(
        title=title, classes=classes, rule=rule, notes=notes, facts=facts, keys=keys, marks=marks,
        verdicts=[one.verdict for one in classes],
    )  # fmt: skip
