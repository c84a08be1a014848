"""Results on stdout, everything else on stderr."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from ganmend.files.json_text import to_json
from ganmend.metrics.figures import FIGURES, format_figure, format_interval, label
from ganmend.progress import OnProgress, Progress

if TYPE_CHECKING:
    from ganmend.edits.class_edit import ClassEdit
    from ganmend.metrics.comparison import Assessment, Comparison
    from ganmend.metrics.shares import AttributeShares
    from ganmend.metrics.verdict import Verdict

SPEED_OF = 3600.0  # seconds of a stage, the last ones, whose speed tells the time left


def stdout() -> Console:
    """The console of results, on standard output."""
    return Console()


def stderr() -> Console:
    """The console of progress, warnings and errors, on standard error."""
    return Console(stderr=True)


def say(text: str) -> None:
    """Print a line on standard output, as it is: nothing is marked up, coloured or wrapped."""
    stdout().print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)


def as_it_is(text: str) -> Text:
    """Text of a user's for a table or a title, in which square brackets mean nothing."""
    return Text(text)


def print_json(answer: Mapping[str, object]) -> None:
    """Print one JSON object and nothing else on standard output; it gets 'versions', of ganmend and PyTorch."""
    print(to_json({**answer, "versions": {name: version(name) for name in ("ganmend", "torch")}}))


def complain(text: str) -> None:
    """Print a line on standard error, as it is; white space is made single. Where nobody can be told, nothing is."""
    with suppress(OSError):
        stderr().print(" ".join(text.split()), markup=False, emoji=False, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """Print a warning on standard error, in one line."""
    complain(f"ganmend: warning: {text}")


def doubt_origin(what: str, edit: "ClassEdit") -> None:
    """Say where an embedding's file does not tell which generator it was found for."""
    if not edit.generator:
        warn(f"{what} does not say which generator it was found for; with another one it shows something else")


def say_doubts(doubts: Sequence[str]) -> None:
    """Print what speaks against a verdict, a line each, on standard output."""
    for doubt in doubts:
        say(f"doubt: {doubt}")


def say_others(others: "Sequence[Comparison | Assessment]") -> None:
    """Print what further judges say, a line each, on standard output."""
    for other in others:
        say(f"another judge: {other}")


@contextmanager
def progress_bar(label: str) -> Iterator[OnProgress]:
    """Show on standard error how far something is: its stage, units done, what a search has reached, time left.

    Args:
        label: what is done, in front of the stage.

    Yields:
        A progress callback that moves the bar.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"),
               TimeRemainingColumn())  # fmt: skip
    # By default the speed is that of the last 30 seconds, and unknown where a class takes longer than that.
    with Bar(*columns, console=stderr(), transient=True, speed_estimate_period=SPEED_OF) as bar:
        label = escape(label)
        task, stage = bar.add_task(label, total=None, note=""), ""

        def show(progress: Progress) -> None:
            nonlocal stage
            if progress.stage != stage:  # so that the time left is this stage's
                stage = progress.stage
                bar.reset(task, description=f"{label}: {stage}")
            note = ""
            if progress.probability is not None and progress.diversity is not None:
                note = f"P {progress.probability:.2f} diversity {progress.diversity:.2f}"
            bar.update(task, completed=progress.done, total=progress.total, note=note)

        yield show


def shares_table(shares: "AttributeShares") -> Table:
    """Shares of attributes as rows: wished, before and after, each count above its interval.

    Args:
        shares: as they were counted.

    Returns:
        The table, for a console.
    """
    title = as_it_is(f"shares of attributes, counted by {shares.counted_by}")
    table = Table("", "wished", "before", "after", title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name, wished, *counted in shares.rows():
        cells = [f"{format_figure(share)}\n{format_interval(interval)}" for share, interval in counted]
        table.add_row(as_it_is(name), format_figure(wished), *cells)
    return table


def verdict_table(title: str, columns: Mapping[str, "Verdict"], compared: "Comparison | None" = None) -> Table:
    """Figures as rows, one column a verdict, each figure above its interval; figures that no verdict has are left out.

    Args:
        title: of the table.
        columns: verdicts by their heading.
        compared: whose figures after are marked as better or worse, or None.

    Returns:
        The table, for a console.
    """
    table = Table("", *columns, title=as_it_is(title), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    verdicts = [verdict.as_dict() for verdict in columns.values()]
    for key in FIGURES:
        if all(verdict[key] is None for verdict in verdicts):
            continue
        better = None if compared is None else compared.is_better(key)
        marks = {"after": {True: " better", False: " worse", None: ""}[better]}
        cells = [
            f"{format_figure(getattr(verdict, key))}{marks.get(heading, '')}\n{format_interval(verdict.interval(key))}"
            for heading, verdict in columns.items()
        ]
        table.add_row(label(key, *verdicts), *map(str.strip, cells))
    return table
