"""The code blocks of the documents, and what each of them asks a shell for.

A comment before a block, which no reader of the page sees, says why the tests cannot run it, or which file it is:

    <!-- not run: downloads 600 MB -->
    <!-- saved as: opts.yaml -->
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
LANGUAGES = ("sh", "python", "json", "yaml", "text")  # 'text': what a command prints
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("recipes/**/*.md"))
)
COMMENT = re.compile(r"<!-- (not run|saved as): (\S.*) -->")


@dataclass(frozen=True)
class Block:
    """One code block: where it stands, its language and text, why it is not run, which file it is ('' for neither)."""

    place: str
    language: str
    text: str
    not_run: str
    saved_as: str


def blocks(document: str) -> Iterator[Block]:
    """All code blocks of a document, in their order."""
    comment = ""
    for token in MarkdownIt().parse((ROOT / document).read_text()):
        if token.type == "html_block":
            comment = token.content.strip()
        elif token.type == "fence":
            assert token.map is not None
            said = dict([found.groups()]) if (found := COMMENT.fullmatch(comment)) else {}
            place = f"{document}:{token.map[0] + 1}"
            yield Block(place, token.info, token.content, said.get("not run", ""), said.get("saved as", ""))
        if token.type not in ("html_block", "list_item_open"):
            comment = ""


def commands(block: str) -> Iterator[list[str]]:
    """The words of each command of a shell block; a command ends with its line, unless a quote or a \\ goes on."""
    line = ""
    for part in block.splitlines():
        line += part + "\n"
        if part.endswith("\\"):
            continue
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # a quote is open still
            continue
        line = ""
        if words:
            yield words
    assert not line, f"a command without its end: {line}"
