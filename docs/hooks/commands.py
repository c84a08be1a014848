"""Puts the reference of every verb into docs/commands.md, from the code that `ganmend VERB --help` shows."""

from typing import Any

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from ganmend.cli import app
from ganmend.cli.examples import EXAMPLES, in_help


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """What mkdocs calls for each page.

    Args:
        markdown: of the page.
        page: its place among others.

    Returns:
        The page's text; of commands.md with the reference.
    """
    return markdown + reference() if page.file.src_uri == "commands.md" else markdown


def reference() -> str:
    """A section for each verb, in Markdown."""
    group = get_command(app)
    commands = group.commands  # type: ignore[attr-defined]
    return "".join("\n" + section(verb, commands[verb]) for verb in commands)


def section(verb: str, command: Any) -> str:
    """One verb, its examples as a block of code."""
    context = typer.Context(command, info_name=verb)
    text = get_docs_for_click(obj=command, ctx=context, indent=1, name=verb, call_prefix="ganmend")
    examples = "\n".join(EXAMPLES[verb])
    return text.replace(in_help(verb), f"**Examples**:\n\n```sh\n{examples}\n```")
