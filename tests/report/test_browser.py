"""The page as a reader meets it: on a phone, in the dark, with a screen reader, on paper."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ganmend.metrics.yardsticks import Yardsticks
from ganmend.report.diagnosis_page import DiagnosedClass, render_diagnosis
from ganmend.report.page import Edit, render_page
from tests.metrics.certain import certain
from tests.report.browser import needs_browser, opened, violations
from tests.report.test_page import AFTER, BEFORE, STORY

pytestmark = needs_browser
RED = Image.new("RGB", (32, 32), "red")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With everything that a page may hold, and figures that got better and worse."""
    verdict = certain(BEFORE, AFTER, Yardsticks(AFTER, ("bird", "cat"), BEFORE), ("It is a <doubt>.", "Another."))
    history = [{"step": step, "trial": 0, "objective": -1.0 / (step + 1), "diversity": 0.1} for step in range(9)]
    samples = {"before (row of a class with a long name)": [RED] * 20, "after": [RED] * 20}
    edit = Edit("repair frog", STORY, samples, [RED] * 10, verdict, RED, history)
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_page("repair frog", [edit], {"steps": 30}, {"command": "ganmend " + "x" * 300}), "utf-8")
    return path


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_stands_in_a_readers_way(page: Path, width: int, dark: bool) -> None:
    with opened(page, width=width, dark=dark) as shown:
        assert violations(shown) == []
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
        colour = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (colour == "rgb(255, 255, 255)") != dark
        before, after = (
            shown.get_by_alt_text(f"frog: sample 3 {which}").bounding_box() for which in ("before", "after")
        )
        assert abs(before["y"] - after["y"]) < 0.5, "the same latent stands at the same height"
        assert before["width"] >= 48
        assert shown.locator("img").first.evaluate("one => getComputedStyle(one).imageRendering") == "pixelated"


def test_several_edits_stand_in_nobodys_way_either(tmp_path: Path) -> None:
    edits = [Edit(name, STORY, {"after": [RED]}, verdict=certain(BEFORE, AFTER)) for name in ("frog", "cat")]
    path = tmp_path / "report.html"
    path.write_text(render_page("demo", edits, {"steps": 30}, {"seed": 0}), "utf-8")
    with opened(path, width=390) as shown:
        shown.get_by_text("All settings").click()
        assert violations(shown) == []
        assert shown.get_by_role("heading", level=1).all_inner_texts() == ["demo"]
        assert shown.get_by_role("heading", level=3).all_inner_texts() == ["Samples", "The verdict"] * 2


def test_on_paper_no_heading_stands_alone_and_the_settings_are_shown(page: Path) -> None:
    with opened(page) as shown:
        shown.emulate_media(media="print")
        breaks = "all => all.map(one => getComputedStyle(one).breakAfter)"
        assert set(shown.locator("h1, h2, figcaption").evaluate_all(breaks)) == {"avoid"}
        assert shown.get_by_text("steps", exact=True).bounding_box()["height"] > 0


def test_a_diagnosis_sorts_by_number_and_by_name_and_filters(tmp_path: Path) -> None:
    classes = [
        DiagnosedClass(index, name, mark, severity, verdict, RED)
        for index, name, mark, severity, verdict in (
            (10, "frog", "collapsed", 1.0, BEFORE), (9, "ant", "", -0.5, AFTER),
            (100, "bee", "", -0.75, replace(AFTER, fid=None)),
        )
    ]  # fmt: skip
    path = tmp_path / "report.html"
    path.write_text(render_diagnosis("Diagnosis", classes, "the rule", ["a note"], {}), "utf-8")
    with opened(path) as shown:

        def order() -> list[str]:
            names = shown.locator("tbody th[scope=row]")
            return [name for name in names.all_inner_texts() if name in ("frog", "ant", "bee")]

        assert violations(shown) == []
        assert order() == ["frog", "ant", "bee"], "as the diagnosis has it"
        for heading, orders in (
            ("index", (["ant", "frog", "bee"], ["bee", "frog", "ant"])),
            ("class", (["ant", "bee", "frog"], ["frog", "bee", "ant"])),
            ("FID ↓", (["ant", "frog", "bee"], ["frog", "ant", "bee"])),  # what is not known stands last
        ):
            for expected, direction in zip(orders, ("ascending", "descending"), strict=True):
                shown.get_by_role("button", name=heading).click()
                assert order() == expected, (heading, direction)
                assert shown.locator(f"[aria-sort={direction}]").inner_text() == heading
        shown.get_by_label("Show only").fill("COLL")
        assert shown.locator("#classes tbody tr:visible th").all_inner_texts() == ["frog"]
