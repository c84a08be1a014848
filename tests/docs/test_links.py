"""Links between documents lead to files, and to headings that are there, also for who reads them in the repository."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.docs.blocks import DOCUMENTS, ROOT


def linked(document: Path) -> list[str]:
    """Where links and pictures of a document lead, but for those to elsewhere."""
    inline = [child for token in MarkdownIt().parse(document.read_text()) for child in token.children or ()]
    found = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in inline if token.attrs]
    return [address for address in found if address and "://" not in address and not address.startswith("mailto:")]


def anchors(document: Path) -> set[str]:
    """The names of a document's headings, as GitHub and mkdocs make them."""
    tokens = MarkdownIt().parse(document.read_text())
    titles = [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for address in linked(path):
        file, _, anchor = address.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{document}: {address}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{document}: {address}"


def test_both_ways_of_leading_nowhere_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Two words, `and` more\n[a](b.md#c) ![p](p.png) [d](#two-words-and-more) [e](https://f.g)\n")
    assert linked(page) == ["b.md#c", "p.png", "#two-words-and-more"]
    assert anchors(page) == {"two-words-and-more"}
