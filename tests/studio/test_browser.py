"""The studio in a real browser: the whole path, as a visitor goes it."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

pytest.importorskip("gradio", reason="install ganmend[studio]")

from tests.report.browser import CHROMIUM, needs_browser, violations
from tests.studio.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [needs_browser, pytest.mark.studio]
SHORT, LONG = 3, 600  # steps: a search that ends by itself, and one that somebody stops
SOON, WHILE = 3_000, 120_000  # milliseconds; 2 s where nothing else runs


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("studio")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Addresses that pages asked for, none of which is another machine's."""
    found: list[str] = []
    yield found
    assert found
    assert [url for url in found if not re.match(r"http://127\.0\.0\.1:\d+/|data:|blob:", url)] == []


@pytest.fixture
def page(browser: "Browser", address: str, asked: list[str]) -> "Iterator[Page]":
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield opened(context.new_page(), address, asked)
    context.close()


def opened(page: "Page", address: str, asked: list[str]) -> "Page":
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("#samples img", timeout=WHILE)
    return page


def mend(page: "Page", steps: int) -> str:
    """Begin a job of the class that is chosen; its name."""
    if not page.locator("#steps input").is_visible():
        page.locator("#advanced button").first.click()
    page.locator("#steps input").fill(str(steps))
    page.keyboard.press("Tab")
    before = page.url
    page.click("#mend")
    page.wait_for_function("before => location.href !== before", arg=before, timeout=WHILE)
    return page.url.partition("job=")[2]


def stop(page: "Page") -> None:
    page.click("#stop", timeout=WHILE)


def ended(page: "Page") -> None:
    page.wait_for_selector("#take-edit:visible", timeout=WHILE)


def live(page: "Page") -> str:
    """The pictures of the best so far."""
    page.wait_for_selector("#live figure:has-text('now') img", timeout=WHILE)
    return page.locator("#live figure:has-text('now')").inner_html()


def test_a_class_is_mended_in_three_clicks_and_taken_along(page: "Page") -> None:
    assert page.locator("#class input").input_value().startswith("frog")
    mend(page, SHORT)
    ended(page)
    assert page.locator("#result").inner_text().strip()
    assert page.locator("#result table").count(), "the verdict"
    with page.expect_download() as download:
        page.click("#take-edit")
    assert download.value.suggested_filename == "frog.safetensors"
    assert Path(download.value.path()).stat().st_size > 100


def test_samples_change_while_it_is_searched_and_stop_keeps_the_best(page: "Page") -> None:
    mend(page, LONG)
    first = live(page)
    page.wait_for_function(
        "first => [...document.querySelectorAll('#live figure')].some("
        "(one) => one.textContent.includes('now') && one.innerHTML !== first)",
        arg=first, timeout=WHILE,
    )  # fmt: skip
    stop(page)
    ended(page)
    assert page.locator("#result img").count()


def test_a_bad_file_is_told_in_one_line_and_no_job_begins(page: "Page", tmp_path: Path) -> None:
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"no picture")
    good = [tmp_path / f"{n}.png" for n in range(5)]
    for n, path in enumerate(good):
        Image.new("RGB", (40, 40), (n, 0, 0)).save(path)
    page.locator("#ways button").first.click()
    page.get_by_label("Photographs of mine").check()
    page.locator("#photographs input[type=file]").set_input_files([*good, bad])
    page.wait_for_selector("#photographs :text('holiday')", timeout=WHILE)
    page.click("#mend")
    page.wait_for_selector("#said .line", timeout=WHILE)
    assert "holiday.jpg" in page.locator("#said").inner_text()
    assert "1 of 6 files cannot be used" in page.locator("#said").inner_text()
    assert "job=" not in page.url


def test_two_visitors_see_the_same_job_and_a_second_one_waits_its_turn(
    page: "Page", browser: "Browser", address: str, asked: list[str]
) -> None:
    first = mend(page, LONG)
    live(page)
    context = browser.new_context()
    other = opened(context.new_page(), address, asked)
    other.wait_for_function("name => location.href.includes(name)", arg=first, timeout=WHILE)
    second = mend(other, SHORT)
    assert second != first
    other.wait_for_selector("#stop:has-text('Cancel')", timeout=WHILE)
    assert "next" in other.locator("#status").inner_text(), "its place"
    stop(other)
    stop(page)
    ended(page)
    context.close()


def test_a_reload_in_mid_job_shows_it_again_at_once(page: "Page") -> None:
    page.click("#samples button[data-seed='3']")
    page.wait_for_selector("#samples button[data-seed='3'][aria-pressed=true]")
    name = mend(page, LONG)
    live(page)
    page.reload()
    page.wait_for_selector("#mend", timeout=WHILE)
    begun = time.monotonic()
    page.wait_for_selector("#stop:visible", timeout=WHILE)
    assert time.monotonic() - begun < SOON / 1000
    assert name in page.url
    pressed = page.wait_for_selector("#samples button[aria-pressed=true]", timeout=WHILE)
    assert pressed.get_attribute("data-seed") == "3", "the browser remembers the seeds that are kept"
    stop(page)
    ended(page)


def test_a_server_that_is_started_again_goes_on_with_its_job(
    browser: "Browser", tmp_path: Path, asked: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    context = browser.new_context()
    with served(tmp_path, port) as address:
        page = opened(context.new_page(), address, asked)
        name = mend(page, LONG)
        live(page)
    with served(tmp_path, port) as address:
        page.goto(f"{address}?job={name}")
        page.wait_for_selector("#mend", timeout=WHILE)
        begun = time.monotonic()
        page.wait_for_selector("#stop:visible", timeout=WHILE)
        assert time.monotonic() - begun < SOON / 1000
        live(page)
        stop(page)
        ended(page)
    context.close()


def test_a_server_that_keeps_pages_waiting_is_asked_one_question_at_a_time(page: "Page") -> None:
    asked_while_away: list[str] = []
    page.route("**/gradio_api/app_id", lambda route: asked_while_away.append(route.request.url))  # never answered
    page.wait_for_timeout(3_500)
    assert len(asked_while_away) == 1


def test_the_keyboard_alone_mends_a_class(page: "Page") -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.closest('#mend') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.href.includes('job=')", timeout=WHILE)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.closest('#stop') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#stop:visible", state="detached", timeout=WHILE)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_hinders_those_who_see_or_hear_it_otherwise(
    width: int, scheme: str, browser: "Browser", address: str, asked: list[str]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = opened(context.new_page(), address, asked)
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    mend(page, SHORT)
    ended(page)
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()
