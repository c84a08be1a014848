"""The card on the hub: figures under the right heading, results that the hub reads, nothing left to fill in."""

import math
from dataclasses import replace

import pytest
from huggingface_hub import ModelCard

from ganmend.metrics.yardsticks import Yardsticks
from ganmend.report.card import Card, metric_type, plain, render_card
from tests.metrics.certain import certain
from tests.report.test_page import AFTER, BEFORE, LABELS, SHOWN, STORY

BARE = Card("me/frog", "frog.safetensors", "demo")
FULL = Card(
    "me/frog", "frog.safetensors", "my gan.pth", "0123abcd", "tree frog", "repair", "cc-by-4.0", "before_after.png",
    certain(BEFORE, AFTER), STORY, {"seed": 3, "machine": "a_b | c"},
)  # fmt: skip


def rows(card: Card) -> list[list[str]]:
    """The table of figures."""
    text = render_card(card).partition("## Figures")[2].partition("↑: more")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_before_stands_left_and_after_right_with_marks_intervals_and_yardsticks() -> None:
    head, _, *found = rows(replace(FULL, verdict=certain(BEFORE, AFTER, Yardsticks(AFTER, ("a",), BEFORE))))
    assert head == ["by eye", "before", "after", "healthy class", "real images"]
    assert [row[0].strip("*") for row in found] == list(SHOWN.values())
    by_name = {row[0]: row[1:] for row in found}
    assert by_name["**FID ↓**"] == ["60.5", "20.5 ✓ better", "20.5", "60.5"]
    assert by_name["KID ↓"] == ["0.61", "0.62 ✗ worse", "0.62", "0.61"], "not among those that decide"
    accuracy = "0.25 (0.11 to 0.32)", "0.93 ✓ better (0.91 to 0.95)", "0.93 (0.91 to 0.95)", "0.25 (0.11 to 0.32)"
    assert by_name["**accuracy ↑**"] == list(accuracy)


def test_what_was_not_measured_is_left_out() -> None:
    found = rows(replace(FULL, verdict=certain(replace(BEFORE, fid=None), replace(AFTER, recall=None))))
    assert ["**FID ↓**", "–", "20.5"] in found
    assert not any(row[0].startswith("recall") for row in found)
    assert "## Figures" not in render_card(BARE)


def test_the_hub_reads_results_license_and_where_the_generator_is() -> None:
    data = ModelCard(render_card(replace(FULL, generator="hf:some/gan"))).data
    assert (data.license, data.library_name, data.base_model) == ("cc-by-4.0", "ganmend", "some/gan")
    found = {result.metric_type: result.metric_value for result in data.eval_results}
    expected = {key: getattr(AFTER, key) for key in LABELS if key != "pixel_std"}
    assert found == {metric_type(key): value for key, value in expected.items()}, "figures with a better direction"
    assert {result.dataset_name for result in data.eval_results} == {"100 samples, no real images of tree frog"}
    assert data.eval_results[0].metric_name == "accuracy, judged by eye"
    bare = ModelCard(render_card(BARE)).data
    assert (bare.license, bare.eval_results, bare.get("base_model")) == (None, None, None)


def test_a_judges_fid_is_not_called_fid_which_is_inceptions() -> None:
    kinds = {key: metric_type(key) for key in ("fid", "judge_accuracy", "inception_fid")}
    assert kinds == {"fid": "judge_fid", "judge_accuracy": "judge_accuracy", "inception_fid": "fid"}


def test_figures_that_are_no_numbers_are_no_results() -> None:
    data = ModelCard(render_card(replace(FULL, verdict=certain(BEFORE, replace(AFTER, fid=math.nan))))).data
    assert "judge_fid" not in {result.metric_type for result in data.eval_results}


def test_what_the_card_says() -> None:
    text = render_card(FULL)
    for said in (
        "# tree frog\n", "found by `ganmend repair`", "](before_after.png)", "`0123abcd`", "\n\n**It worked.**\n\n",
        "- Asked: It was sick.\n", "- Outcome: It is well.\n", "- Doubtful: Nothing that is known.\n",
        "- coverage: share of real images that have a sample near them\n", "| seed | 3 |\n",
        "| machine | a\\_b \\| c |",
        "ganmend sample 'my gan.pth' hf:me/frog -n 16 --out samples\n",
        "hf download me/frog frog.safetensors --local-dir .\n",
        "ganmend sample 'my gan.pth' frog.safetensors -n 16 --out samples\n",
    ):  # fmt: skip
        assert said in text, said
    bare = render_card(BARE)
    for absent in ("license:", "![", "How it was made", "Asked", "model-index"):
        assert absent not in bare
    assert "The file does not say which generator it was found for." in bare


@pytest.mark.parametrize("card", [BARE, FULL])
def test_nothing_is_left_to_fill_in(card: Card) -> None:
    text = render_card(card)
    for placeholder in ("{{", "{%", "[More", "TODO", "None", "undefined", "\n\n\n"):
        assert placeholder not in text, placeholder


def test_what_others_named_is_text_and_nothing_else() -> None:
    assert plain("a *b*\n# [c](d) <e> | `f` & \\g_h") == r"a \*b\* \# \[c\](d) \<e\> \| \`f\` \& \\g\_h"
    hostile = "x\n---\nlicense: mit <script>"
    text = render_card(replace(FULL, target=hostile, verdict=replace(FULL.verdict, judge=hostile)))
    assert "<script>" not in text.partition("\n---\n\n")[2]
    assert ModelCard(text).data.license == "cc-by-4.0"
    assert ModelCard(text).data.model_name == hostile
