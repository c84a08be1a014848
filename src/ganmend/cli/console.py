"""Results on stdout, everything else on stderr."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from ganmend.report.figures import format_figure, label
from ganmend.search.loop import Progress

VERDICT_COLUMNS = ("judge_accuracy", "judge_probability", "fid", "kid", "precision", "recall", "density", "coverage",
                   "diversity", "ms_ssim", "pixel_std")  # fmt: skip


def stdout() -> Console:
    """For results."""
    return Console()


def stderr() -> Console:
    """For progress, warnings and errors."""
    return Console(stderr=True)


def print_json(content: object) -> None:
    """One object, nothing else, on stdout."""
    print(json.dumps(content, indent=1))


def warn(text: str) -> None:
    """One line on stderr."""
    stderr().print(f"ganmend: warning: {text}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def search_bar(label: str) -> Iterator[Callable[[Progress], None]]:
    """A progress bar of a search: steps, target probability, diversity, time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"),
               TimeRemainingColumn())  # fmt: skip
    with Bar(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task(label, total=None, note="")

        def show(progress: Progress) -> None:
            note = f"P {progress.probability:.2f} diversity {progress.diversity:.2f}"
            bar.update(task, completed=progress.step, total=progress.steps, note=note)

        yield show


def verdict_table(title: str, columns: dict[str, dict[str, float | int | None]]) -> Table:
    """Figures as rows, one column a verdict."""
    table = Table("", *columns, title=title)
    for key in VERDICT_COLUMNS:
        values = [verdict.get(key) for verdict in columns.values()]
        if any(value is not None for value in values):
            table.add_row(label(key), *(format_figure(value) for value in values))
    return table
