"""What was typed wrongly, in one line: what came, what was expected, what to type next."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from ganmend.errors import GanmendError, OptionError

if TYPE_CHECKING:
    from pydantic import ValidationError

# By the error types of pydantic, which typer reads words with; all others keep pydantic's words.
EXPECTED = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def usage_line(error: typer.TyperException, verb: str) -> str:
    """The line that answers a usage error.

    Args:
        error: as typer raises it.
        verb: that was typed, or ''.

    Returns:
        Such as "ganmend sample: -n is 'x'; expected a whole number; try 'ganmend sample --help'".
    """
    command = f"ganmend {verb}".strip()
    return f"{command}: {_what_is_wrong(error)}; try '{command} --help'"


def next_command(error: GanmendError, words: Sequence[str]) -> str:
    """What to type next after a mistake, where more is known of it than its own line says.

    Args:
        error: the mistake.
        words: that were typed, from the verb on.

    Returns:
        The end of the line, such as "; try 'ganmend repair --help'"; '' where nothing is to be added.
    """
    if not words:
        return ""
    if "the generator has no class" in str(error):  # by its words: a sweep's item may have said so
        generator = next((word for word in words[1:] if not word.startswith("-")), "GENERATOR")
        lists = f"; 'ganmend classes {shlex.quote(generator)}' lists all"
        return f"{lists}, 'ganmend repurpose' makes new ones" if words[0] in ("repair", "debias") else lists
    if isinstance(error, OptionError) and "ganmend " not in str(error):
        return f"; try 'ganmend {words[0]} --help'"
    return ""


def _what_is_wrong(error: typer.TyperException) -> str:
    if isinstance(error, typer.BadParameter) and error.param is not None:
        name = error.param.get_error_hint().strip("'")
        if cause := _pydantics(error):
            found = cause.errors()[0]
            expected = EXPECTED.get(found["type"].split("_")[0], found["msg"])
            return f"{name} is {found['input']!r:.80}; expected {expected}"
        if not error.message:  # typer has a class of its own for what is missing, and does not export it
            return f"{name} is missing; expected {_as_a_clause(getattr(error.param, 'help', None) or 'a value')}"
    if setting := _setting_meant(error):
        return f"{setting} is a setting of the search, no option; expected --set {setting}=VALUE"
    text = _as_a_clause(error.format_message())
    return text.replace(" (Possible options: ", "; did you mean one of (").replace(". Did you", "; did you")


def _setting_meant(error: typer.TyperException) -> str:
    """The search setting that was typed as an option, such as 'steps' for --steps; '' where none was."""
    from dataclasses import fields

    from ganmend.search.config import SearchConfig

    typed = str(getattr(error, "option_name", "")).lstrip("-").replace("-", "_")
    context = getattr(error, "ctx", None)
    takes_settings = context is not None and any("--set" in one.opts for one in context.command.params)
    return typed if takes_settings and typed in {one.name for one in fields(SearchConfig)} else ""


def _pydantics(error: typer.BadParameter) -> "ValidationError | None":
    """The error of pydantic that an error of typer stands for, which says what came."""
    return error.__cause__ if hasattr(error.__cause__, "errors") else None  # type: ignore[return-value]


def _as_a_clause(sentence: str) -> str:
    """A sentence within another one: no capital, no full stop."""
    return sentence[:1].lower() + sentence[1:].rstrip(".?")
