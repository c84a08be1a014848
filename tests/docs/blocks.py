"""The code blocks of the documents, and what each of them asks a shell for.

A block that the tests cannot run has a comment before it in the source, which no reader of the page sees:

    <!-- not run: downloads 600 MB -->
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
NOT_RUN = re.compile(r"<!-- not run: (\S.*) -->")


@dataclass(frozen=True)
class Block:
    """One code block: where it stands, its language, its text, and why it is not run ('' where it is)."""

    place: str
    language: str
    text: str
    not_run: str


def blocks(document: str) -> Iterator[Block]:
    """All code blocks of a document, in their order."""
    comment = ""
    for token in MarkdownIt().parse((ROOT / document).read_text()):
        if token.type == "html_block":
            comment = token.content.strip()
        elif token.type == "fence":
            assert token.map is not None
            marked = NOT_RUN.fullmatch(comment)
            yield Block(f"{document}:{token.map[0] + 1}", token.info, token.content, marked[1] if marked else "")
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
