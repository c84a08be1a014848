"""What is said of classes that were mended."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ganmend.cli.answers import Answer, about_class, class_in_words
from ganmend.cli.console import say, say_doubts, say_others, shares_table, stdout, verdict_table, warn
from ganmend.signals import INTERRUPTED

if TYPE_CHECKING:
    from ganmend.workbench.result import MendResult


def answer_of(result: "MendResult", target: str, folder: Path) -> Answer:
    """A result for JSON.

    Args:
        result: of one class.
        target: the class, as it was asked for.
        folder: that it is in.

    Returns:
        The classes, the verdicts, harm and notes, the seconds and the folder.
    """
    verdicts = {} if result.verdict is None else result.verdict.as_dict()
    mended, before = _classes(result, target)
    classes: Answer = {"class": about_class(*mended), "before_class": about_class(*before)}
    told: Answer = {"harm": list(result.harm), "notes": list(result.notes)}
    return {**classes, **verdicts, **told, "seconds": result.seconds, "out": str(folder)}


def say_result(result: "MendResult", target: str, folder: Path) -> None:
    """Print a result for people, on standard output."""
    from ganmend.report.story import no_success

    if result.harm:
        say(no_success(result.harm))
    for note in result.notes:
        say(note)
    if result.verdict is not None:
        title, found = _in_words(result, target), result.verdict
        stdout().print(verdict_table(title, found.columns(), found))
        if found.outcome:
            say(f"taken together: {found.outcome}")
        if found.shares is not None:
            stdout().print(shares_table(found.shares))
        say_others(result.verdict.others)
        say_doubts(result.verdict.doubts)
    say(f"written to {folder}")


def end_if_interrupted(result: "MendResult", folder: Path) -> None:
    """End with the status of Ctrl-C where the last run was interrupted, and say how to go on.

    Args:
        result: of the last run.
        folder: that it is in.

    Raises:
        Exit: it was interrupted.
    """
    if result.interrupted:
        warn(f"interrupted: the best so far is in {folder}; go on by: ganmend resume {folder}")
        raise typer.Exit(INTERRUPTED)


def _classes(result: "MendResult", target: str) -> tuple[tuple[int | None, str], tuple[int, str]]:
    """The class that was mended and the row that it is compared with, each by the generator's index and by name."""
    from ganmend.catalog.names import find_class, knows_class

    assert result.generator is not None
    names = result.generator.class_names
    row = find_class(target, names) if knows_class(target, names) else None
    return (row, result.target), (result.before_index, names[result.before_index])


def _in_words(result: "MendResult", target: str) -> str:
    """What was done, such as 'repair frog (class 5)'; of a new class also which row it is compared with."""
    mended, before = _classes(result, target)
    compared = "" if mended == before else f", before: {class_in_words(*before)}"
    return f"{result.task} {class_in_words(*mended)}{compared}"
