"""Pages in a real browser, Debian's Chromium driven by Playwright; without it such tests are skipped."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
MISSING = [name for name in ("playwright", "axe_playwright_python") if importlib.util.find_spec(name) is None]
MISSING += [] if CHROMIUM else ["chromium"]
needs_browser = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} missing; install ganmend[browser]")


@contextmanager
def opened(path: Path, *, width: int = 1280, dark: bool = False) -> Iterator["Page"]:
    """A page of a file, without a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(path.as_uri())
        yield page
        browser.close()


def violations(page: "Page") -> list[str]:
    """What axe finds against accessibility."""
    from axe_playwright_python.sync_playwright import Axe

    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in Axe().run(page).response["violations"]]
