"""ganmend paper: runs an options file of the released code, and says what each of its keys becomes here."""

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from ganmend.cli.console import print_json, say
from ganmend.cli.options import AsJson, Device, Overwrite
from ganmend.cli.paper_options import Mapped, command_words, map_options, read_paper_options
from ganmend.cli.settings import typed_config
from ganmend.errors import OptionError


def paper_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="OPTS.YAML", help="An options file of qilimk/biggan-am.")],
    generator: Annotated[
        str,
        typer.Option(
            "--generator", help="A checkpoint's path or name; default the weights where that project has them."
        ),
    ] = "",
    class_names: Annotated[
        str,
        typer.Option("--class-names", help="Names of the generator's classes, as in repair; default as in repair."),
    ] = "",
    judge: Annotated[
        list[str] | None,
        typer.Option("--judge", help="A classifier for the verdict, as in repair; default as in repair."),
    ] = None,
    real: Annotated[
        Path | None, typer.Option("--real", help="Photographs for the verdict, as in repair; default as in repair.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for the result; default the file's final_dir.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")] = False,
    device: Device = "cpu",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Run an options file of qilimk/biggan-am, the paper's released code, and say what each key becomes here."""
    options = read_paper_options(file)
    mapped = map_options(options, file.parent, generator)
    if out is not None:
        mapped["final_dir"] = Mapped(("--out", str(out)), "as --out says")
    given: dict[str, list[object]] = {
        "--class-names": [class_names] if class_names else [],
        "--judge": [*(judge or ())],
        "--real": [real] if real else [],
        "--device": [device],
    }
    typed = [word for option, values in given.items() for value in values for word in (option, str(value))]
    words = [*command_words(mapped), *typed, *["--overwrite"] * overwrite, *["--json"] * as_json]
    _check_settings(file, words)
    command = shlex.join(["ganmend", *words])
    if not as_json:
        _show(options, mapped, command)
    elif dry_run:
        keys = {
            key: {"value": options.get(key), "words": [*made.words], "note": made.note} for key, made in mapped.items()
        }
        print_json({"command": command, "keys": keys})
    if not dry_run:
        context.find_root().command.main(words, prog_name="ganmend", standalone_mode=False)


def _check_settings(file: Path, words: Sequence[str]) -> None:
    """Refuse numbers out of range at once: a dry run promises nothing that the run would refuse.

    Args:
        file: the options file, which the line names.
        words: of the command that it becomes.

    Raises:
        OptionError: a setting is out of range.
    """
    settings = [value for option, value in pairwise(words) if option == "--set"]
    try:
        typed_config("paper", settings)
    except OptionError as error:
        raise OptionError(f"{file}: {error}") from error


def _show(options: Mapping[str, object], mapped: Mapping[str, Mapped], command: str) -> None:
    """A line for each key: its value, what it becomes, and what is to be said of that; then the whole command."""
    for key, made in mapped.items():
        becomes = shlex.join(made.words) or "nothing"
        say(f"{key}: {options.get(key, '')!s:.80} -> {becomes}{f' ({made.note})' if made.note else ''}")
    say(f"the same as: {command}")
