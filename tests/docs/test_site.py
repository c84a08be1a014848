"""The built site: every verb and every public name is in it, and a browser asks nobody else for anything."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.main import get_command

import ganmend
from ganmend.cli import VERBS, app
from tests.docs.blocks import ROOT
from tests.report.browser import needs_browser, opened, violations

pytest.importorskip("material", reason="needs the extra docs")
pytest.importorskip("mkdocstrings")

# With `pytest --dist loadgroup` one worker builds the site, once.
pytestmark = pytest.mark.xdist_group("site")
# What a browser fetches on its own, by element and attribute; a link (<a href>) is fetched only when it is clicked.
FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src",
    "object": "data", "link": "href",
}  # fmt: skip
ELSEWHERE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)


class Fetched(HTMLParser):
    """Gathers the addresses that a page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == FETCHED.get(tag)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it: warnings, such as of a link that leads nowhere, end the build."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder))
    assert config.strict
    build(config)
    return folder


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        fetched = Fetched()
        fetched.feed(page.read_text())
        assert fetched.found, page.name
        assert not [address for address in fetched.found if ELSEWHERE.match(address)], page.name
    for sheet in site.rglob("*.css"):
        text = sheet.read_text()
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", text), sheet.name
        assert "@import" not in text, sheet.name


def test_no_page_has_what_the_theme_would_fetch_a_script_for(site: Path) -> None:
    assert all('class="mermaid"' not in page.read_text() for page in site.rglob("*.html"))


def test_every_document_is_a_page(site: Path) -> None:
    for document in (ROOT / "docs").rglob("*.md"):
        assert (site / document.relative_to(ROOT / "docs").with_suffix(".html")).is_file()


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_its_options_and_defaults(verb: str, site: Path) -> None:
    page = (site / "commands.html").read_text()
    section = page.partition(f'id="ganmend-{verb}"')[2].partition("<h2")[0]
    for parameter in get_command(app).commands[verb].params:  # type: ignore[attr-defined]
        shown = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.metavar or ""
        assert f"<code>{shown}" in section, shown
    assert "<strong>Examples</strong>" in section


@pytest.mark.parametrize("name", [name for name in ganmend.__all__ if callable(getattr(ganmend, name))])
def test_each_public_name_is_explained(name: str, site: Path) -> None:
    page = (site / "python.html").read_text()
    assert re.search(rf'id="ganmend\.{name}" class="doc doc-heading"', page)


def test_pictures_are_small(site: Path) -> None:
    """Of the tutorials, so that the repository and a page stay light; measurements' plots are older and larger."""
    pictures = [*(site / "tutorials").glob("*.webp")]
    assert len(pictures) >= 3
    assert max(picture.stat().st_size for picture in pictures) < 60_000


@needs_browser
@pytest.mark.parametrize("name", ["tutorials/repair", "commands"])
def test_a_page_is_accessible_in_the_dark_on_a_phone(name: str, site: Path) -> None:
    """Where contrast is least, and tables scroll sideways."""
    with opened(site / f"{name}.html", width=390, dark=True) as page:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
