"""A page of several runs: one table, and their samples from the same latents one below the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PIL import Image

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.figures import headlines
from ganmend.report.fragments import environment


@dataclass(frozen=True)
class Row:
    """One run of the table.

    Attributes:
        name: of the run.
        settings: in which it differs from others, by name.
        verdict: of a judge, or None.
        seconds: that its search took.
        samples: some of its edit.
        harm: why it is no success, in sentences.
    """

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    verdict: Comparison | None = None
    seconds: float = 0.0
    samples: Sequence[Image.Image] = ()
    harm: Sequence[str] = ()


def leading_figures(rows: Sequence[Row]) -> tuple[str, ...]:
    """Keys of the figures that stand in the table: those of short tables, none where nobody judged."""
    verdicts = [side for row in rows if row.verdict for side in (row.verdict.before, row.verdict.after)]
    return headlines(*(verdict.as_dict() for verdict in verdicts)) if verdicts else ()


def render_compared(
    title: str,
    rows: Sequence[Row],
    notes: Sequence[str],
    before: Mapping[str, Sequence[Image.Image]],
    facts: Mapping[str, object],
) -> str:
    """One page of several runs.

    Args:
        title: of the page.
        rows: the runs, in order.
        notes: why their figures are not to be held against each other, in sentences.
        before: by caption, samples of each class that an edit is compared with, from the same latents.
        facts: by name, how the page was made.

    Returns:
        HTML.
    """
    verdicts = [row.verdict.after for row in rows if row.verdict]
    return environment().get_template("compared.html").render(
        title=title, rows=rows, notes=notes, before=before, facts=facts, keys=leading_figures(rows), verdicts=verdicts
    )  # fmt: skip
