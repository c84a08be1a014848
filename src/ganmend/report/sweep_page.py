"""The page of a sweep: what many classes gained, in one table, each with a link to its own page."""

from collections.abc import Mapping, Sequence

from ganmend.metrics.figures import FIGURES
from ganmend.report.fragments import environment

Row = Mapping[str, object]
MARKS = {"better": "✓ ", "worse": "✗ ", "better in part, worse in part": "± "}  # not by colour alone


def render_sweep(title: str, rows: Sequence[Row], folder: str, facts: Mapping[str, object]) -> str:
    """The page.

    Args:
        title: of the page, its only main heading.
        rows: a class each, in their order: see `runs.sweeps.rows.rows_of`.
        folder: that the classes' own directories lie in, beside the page.
        facts: by name, what it takes to make the same again.

    Returns:
        HTML.
    """
    keys = [key for key in FIGURES if any(_after(row).get(key) is not None for row in rows)]
    template = environment().get_template("sweep.html")
    return template.render(
        title=title, rows=rows, keys=keys, folder=folder, facts=facts, headline=headline(rows), marks=MARKS
    )


def headline(rows: Sequence[Row]) -> str:
    """What came of a sweep, in a sentence.

    Args:
        rows: of all its classes.

    Returns:
        Such as 'Of 50 classes 31 became better and 2 worse; 10 healthy: left alone; 1 failed.'
    """
    outcomes = [row["outcome"] for row in rows]
    status = [row["status"] for row in rows]
    parts = [f"Of {len(rows)} classes {outcomes.count('better')} became better and {outcomes.count('worse')} worse"]
    if healthy := status.count("healthy"):
        parts.append(f"{healthy} healthy: left alone")
    if failed := status.count("failed"):
        parts.append(f"{failed} failed")
    return "; ".join(parts) + "."


def _after(row: Row) -> Mapping[str, object]:
    after = row["after"]
    return after if isinstance(after, Mapping) else {}
