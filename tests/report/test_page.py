"""The page, its pieces and the card: figures under the right heading, marked by the right direction."""

from dataclasses import replace

import pytest
from PIL import Image

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.figures import FIGURES
from ganmend.metrics.memorisation import Memorisation
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, Yardsticks
from ganmend.report.card import Card, render_card
from ganmend.report.fragments import comparison, diagnosis_table
from ganmend.report.page import Edit, render_page
from ganmend.report.story import Story
from tests.metrics.certain import certain
from tests.report.markup import Markup, inline_picture

# No two figures are equal, so that none can stand for another.
BEFORE = Verdict(100, 0.25, 0.11, 0.32, 0.21, 3.5, 0.45, 0.55, 60.5, 0.61, 0.71, 0.75, 0.81, 0.85)
AFTER = Verdict(100, 0.93, 0.91, 0.95, 0.92, 4.5, 0.46, 0.56, 20.5, 0.62, 0.72, 0.76, 0.82, 0.86)
LABELS = {
    "judge_accuracy": "accuracy",
    "judge_probability": "probability",
    "kid": "KID",
    "fid": "FID",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "diversity": "diversity",
    "ms_ssim": "MS-SSIM",
    "pixel_std": "pixel std",
}
MORE_IS_BETTER = dict.fromkeys(LABELS, True) | {"fid": False, "kid": False, "ms_ssim": False, "pixel_std": None}
PICTURES = {name: Image.effect_noise(size, 50).convert("RGB") for name, size in
            (("before", (40, 30)), ("after", (20, 30)))}  # fmt: skip


ARROWS = {True: " ↑", False: " ↓", None: ""}
SHOWN = {key: text + ARROWS[MORE_IS_BETTER[key]] for key, text in LABELS.items()}


STORY = Story("It worked", "better", ("It was sick.",), ("It was mended.",), ("It is well.",))


def edit_of(verdict: Comparison | None, **others: object) -> Edit:
    return Edit("frog", STORY, verdict=verdict, **others)  # type: ignore[arg-type]


def page_of(*edits: Edit) -> str:
    return render_page("page", edits, {}, {})


def table(before: Verdict, after: Verdict, yardsticks: Yardsticks = NO_YARDSTICKS) -> list[list[tuple[str, str]]]:
    verdict = certain(before, after, yardsticks)
    page = Markup(page_of(edit_of(verdict)))
    fragment = Markup(comparison("frog", PICTURES, verdict))
    assert page.rows == fragment.rows, "the page and the notebook show the same"
    return page.rows


def test_columns_of_the_table() -> None:
    real, healthy = replace(BEFORE, fid=1.0), replace(AFTER, fid=2.0)
    head, *rows, samples = [
        [text for text, _ in row] for row in table(BEFORE, AFTER, Yardsticks(healthy, ("a",), real))
    ]
    assert head == [
        "judged by eye", "before", "after", "healthy class what this generator reaches",
        "real images the best that can be expected",
    ]  # fmt: skip
    for row, (key, text) in zip(rows, SHOWN.items(), strict=True):
        figures = [f"{getattr(verdict, key):g}" for verdict in (BEFORE, AFTER, healthy, real)]
        assert [row[0], *(cell.split()[0] for cell in row[1:])] == [text, *figures]
    assert samples == ["samples", "100", "100", "100", "100"]


@pytest.mark.parametrize("key", LABELS)
@pytest.mark.parametrize("change", [0.01, -0.01, 0.0])
def test_better_and_worse_are_marked(key: str, change: float) -> None:
    """In words too, for who cannot tell the colours apart."""
    after = replace(BEFORE, **{key: getattr(BEFORE, key) + change})
    _, *rows, _ = table(BEFORE, after)
    more, marks = MORE_IS_BETTER[key], dict.fromkeys(SHOWN.values(), "")
    if change and more is not None:
        marks[SHOWN[key]] = "better" if (change > 0) == more else "worse"
    assert {row[0][0]: row[2][1] for row in rows} == marks
    assert {row[0][0]: " ".join({"better", "worse"} & set(row[2][0].split())) for row in rows} == marks
    assert not any(row[i][1] for row in rows for i in (0, 1)), "only after is marked"


def test_each_figure_has_its_own_interval_and_what_may_be_chance_no_mark() -> None:
    after = replace(AFTER, intervals={"fid": (18.25, 22.0), "coverage": (0.5, 0.9)})
    verdict = Comparison(BEFORE, after, "eye", changes={"fid": (-50.0, -30.0), "coverage": (-0.1, 0.2)})
    text = comparison("frog", PICTURES, verdict)
    rows = {row[0][0]: row[1:] for row in Markup(text).rows}
    assert rows["accuracy ↑"] == [("0.25 0.11 to 0.32", ""), ("0.93 0.91 to 0.95", "")]
    assert rows["FID ↓"] == [("60.5", ""), ("20.5 ✓ better 18.2 to 22", "better")]
    assert rows["coverage ↑"] == [("0.85", ""), ("0.86 0.5 to 0.9", "")]
    assert "Taken together: better." in text
    assert "Taken together" not in comparison("frog", PICTURES, Comparison(BEFORE, after, "eye"))


def test_a_fall_of_fid_is_better_and_a_fall_of_coverage_worse() -> None:
    rows = table(BEFORE, replace(BEFORE, fid=1.0, coverage=0.1))
    shown = [row[2] for row in rows if row[0][0] in ("FID ↓", "coverage ↑")]
    assert shown == [("1 ✓ better", "better"), ("0.1 ✗ worse", "worse")]


def test_what_was_not_measured_is_left_out() -> None:
    rows = table(replace(BEFORE, kid=None), replace(AFTER, fid=None))
    shown = {row[0][0]: row[1:] for row in rows}
    assert "FID ↓" not in shown
    assert shown["KID ↓"] == [("–", ""), ("0.62", "")], "neither better nor worse"


def test_a_biased_fid_is_marked() -> None:
    before, after = (replace(verdict, n_real=500, n_features=112) for verdict in (BEFORE, AFTER))
    text = comparison("frog", PICTURES, certain(before, after))
    assert [row[0][0] for row in Markup(text).rows][3:5] == ["KID ↓", "FID (biased) ↓"]
    assert "(biased)" not in comparison("frog", PICTURES, certain(BEFORE, AFTER))
    assert Markup(diagnosis_table([("frog", "", after)], "")).cells()[0][3] == "KID"
    card = render_card(Card("me/frog", "f", "demo", verdict=certain(before, after)))
    assert "| **KID ↓** | 0.61 | 0.62 ✗ worse |\n| FID (biased) ↓ | 60.5 | 20.5 ✓ better |" in card


def test_the_page_shows_each_edit_and_loads_nothing() -> None:
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    cat = Story("It <failed>", "worse", ("A cat.",), ("Done & done.",), ("Nothing.",), ("Few <images>.", "Kin."))
    edits = [
        Edit("repair frog", STORY, {"before": [red, blue], "after": [blue, red]}, (red,)),
        Edit("debias <cat>", cat, verdict=certain(BEFORE, AFTER)),
    ]
    text = render_page("a & b", edits, {"steps": 30, "preset": "<default>"}, {"seed": 3})
    page = Markup(text)
    assert text.index("<h2>repair frog</h2>") < text.index("<h2>debias &lt;cat&gt;</h2>")
    assert "<title>a &amp; b</title>" in text
    assert {"script", "link", "iframe"}.isdisjoint(page.tags)
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text
    shown = [inline_picture(address).getpixel((0, 0)) for address in page.addresses]
    assert shown == [(255, 0, 0), (0, 0, 255), (0, 0, 255), (255, 0, 0), (255, 0, 0)]
    assert page.alternatives == [
        "repair frog: sample 1 before", "repair frog: sample 2 before", "repair frog: sample 1 after",
        "repair frog: sample 2 after", "repair frog: real photograph 1",
    ]  # fmt: skip
    assert page.cells()[-3:] == [["seed", "3"], ["steps", "30"], ["preset", "<default>"]]
    assert text.index('<td class="better">20.5 <b>') > text.index("debias"), "the verdict is the second edit's"
    assert text.index("It was sick.") < text.index("A cat.")
    assert "<li>Few &lt;images&gt;.</li><li>Kin.</li>" in text
    assert "✗ It &lt;failed&gt;" in text
    assert text.index("<figcaption>before</figcaption>") < text.index("<figcaption>after</figcaption>")


def test_a_page_of_one_edit_has_one_heading_of_its_own() -> None:
    text = page_of(replace(edit_of(None), title="page"))
    assert text.count(">page<") == 2, "the window's title and the heading"
    assert Markup(text).tags.count("h1") == 1
    assert "✓ It worked" in text
    parts = ["Asked", "It was sick.", "Done", "It was mended.", "Outcome", "It is well.", "Doubtful", "Nothing that is"]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_small_pictures_keep_hard_pixels_and_large_ones_do_not() -> None:
    small, large = Image.new("RGB", (32, 32)), Image.new("RGB", (256, 256))
    found = [page_of(edit_of(None, samples={"before": [one]})) for one in (small, large)]
    assert ['class="small"' in text for text in found] == [True, False]


def test_a_page_says_how_many_photographs_it_gives_away() -> None:
    red = Image.new("RGB", (8, 8), "red")
    text = page_of(edit_of(None, samples={"after": [red]}, photographs=(red, red)))
    assert "This page holds up to 2 of the photographs that were given" in text
    assert "photographs that were given" not in page_of(edit_of(None, samples={"after": [red]}))


def test_the_page_says_what_its_figures_mean_and_no_others() -> None:
    text = page_of(edit_of(certain(BEFORE, replace(AFTER, recall=None))))
    for key, figure in FIGURES.items():
        meaning = figure.meaning.replace("'", "&#39;")
        known = key in LABELS and key != "recall"
        assert (f"<dd>{meaning}" in text) == known, key
        assert (f'<abbr title="{meaning}">' in text) == known, key
    assert "What the figures mean" not in page_of(edit_of(None))


def test_copies_are_told_and_shown() -> None:
    found = Memorisation(0.048, 0.001, 0.001, 1000, 200)
    nearest = Image.new("RGB", (8, 9), "red")
    for copies, picture in ((found, nearest), (replace(found, p_value=0.2), nearest), (found, None)):
        verdict = Comparison(BEFORE, AFTER, "eye", memorisation=copies)
        text = page_of(edit_of(verdict, nearest=picture))
        assert "4.8 % of the samples" in text
        assert "0.1 % of the 200 real images" in text
        assert ("more than chance explains: look" in text) == copies.suspected
        assert ("no more than chance explains" in text) != copies.suspected
        assert ("Only features of the real images are at hand" in text) == (picture is None)
        assert len(Markup(text).addresses) == (picture is not None)
        fragment = comparison("frog", {}, verdict, picture)
        assert Markup(fragment).addresses == Markup(text).addresses
    assert "Copies" not in page_of(edit_of(Comparison(BEFORE, AFTER, "eye")))


def test_without_a_verdict_there_is_no_table() -> None:
    assert Markup(comparison("frog", PICTURES, None)).rows == []


def test_the_diagnosis_keeps_its_order() -> None:
    text = diagnosis_table([("frog", "collapsed", BEFORE), ("<cat>", "", AFTER)], "the rule & more")
    assert Markup(text).cells() == [
        ["class", "mark", "accuracy", "FID", "coverage", "diversity"],
        ["frog", "collapsed", "0.25", "60.5", "0.85", "3.5"],
        ["<cat>", "", "0.93", "20.5", "0.86", "4.5"],
    ]
    assert "the rule &amp; more" in text
