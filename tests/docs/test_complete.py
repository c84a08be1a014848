"""What the site is made of is complete, also where nothing is there to build it with."""

import re
from collections.abc import Iterator

import yaml

import ganmend
from tests.docs.blocks import ROOT


def pages(nav: object) -> Iterator[str]:
    """The documents in mkdocs' navigation, in their order."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict | list):
        for each in nav.values() if isinstance(nav, dict) else nav:
            yield from pages(each)


def test_every_document_stands_once_in_the_navigation() -> None:
    docs = ROOT / "docs"
    found = sorted(pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    assert found == sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))


def test_every_public_name_has_an_entry() -> None:
    entries = re.findall(r"^::: ganmend\.(\w+)$", (ROOT / "docs" / "python.md").read_text(), re.MULTILINE)
    assert sorted(entries) == sorted(name for name in ganmend.__all__ if callable(getattr(ganmend, name)))
