"""The story of an edit: who did what, and what got better or worse by its own direction."""

from dataclasses import replace

import pytest

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.shares import AttributeShares, Counts
from ganmend.report.story import ASKED, Deed, story
from ganmend.workbench.job import TASKS
from tests.metrics.certain import certain
from tests.report.test_page import AFTER, BEFORE

MENDED = Deed("repair", "frog", "frog", "tiny", 61.7, certain(BEFORE, AFTER))


def told(deed: Deed) -> str:
    found = story(deed)
    return " ".join([*found.asked, *found.done, *found.outcome])


def test_a_story_in_parts() -> None:
    assert story(MENDED).parts() == {
        "Asked": ("Better samples of the class frog, which the generator is thought to draw badly.",),
        "Done": (
            "A search changed the class embedding, or the gains and biases that the generator makes from it.",
            "The classifier tiny guided the search, which took 62 seconds.",
            "No other weight of the generator was changed.",
        ),
        "Outcome": (
            "The judge eye looked at 100 samples before and 100 after.",
            "Taken together: better.",
            "Better than before: accuracy 0.25 → 0.93, FID 60.5 → 20.5, coverage 0.85 → 0.86, diversity 3.5 → 4.5.",
        ),
        "Doubtful": ("Nothing that is known.",),
    }


NOTHING, PART = replace(BEFORE), replace(BEFORE, fid=70.0, coverage=0.95)


@pytest.mark.parametrize(
    ("deed", "headline", "mark"),
    [
        (MENDED, "Better than before, says the judge eye", "better"),
        (replace(MENDED, verdict=certain(AFTER, BEFORE)), "Worse than before, says the judge eye", "worse"),
        (replace(MENDED, verdict=certain(BEFORE, PART)), "Better in part, worse in part, says the judge eye", "mixed"),
        (replace(MENDED, verdict=certain(BEFORE, NOTHING)), "No change shown, says the judge eye", ""),
        (replace(MENDED, harm=("It grew dull.",)), "No success; the reasons stand under Doubtful", "worse"),
        (replace(MENDED, verdict=None), "Judged by nobody", ""),
        (replace(MENDED, verdict=None, interrupted=True), "Interrupted, and judged by nobody", ""),
        (replace(MENDED, verdict=Comparison(BEFORE, AFTER, "eye")),
         "Judged by eye; whether it changed by more than chance is not known", ""),
    ],
)  # fmt: skip
def test_the_headline_says_whether_it_worked_and_by_whom(deed: Deed, headline: str, mark: str) -> None:
    assert (story(deed).headline, story(deed).mark) == (headline, mark)


def test_what_is_doubtful_is_the_harm_first_and_then_the_verdicts_doubts() -> None:
    deed = replace(MENDED, harm=("It grew dull.",), verdict=certain(BEFORE, AFTER, doubts=("Few images.", "Kin.")))
    assert story(deed).doubtful == ("It grew dull.", "Few images.", "Kin.")


def test_every_task_is_told_in_its_own_words() -> None:
    assert set(ASKED) == set(TASKS)
    assert "never learnt: frog." in told(replace(MENDED, task="repurpose"))
    assert "only part of the class frog" in told(replace(MENDED, task="debias"))


def test_the_row_to_compare_with_is_named_where_it_is_another_class() -> None:
    assert "stands the class bird, which comes nearest to frog" in told(replace(MENDED, before="bird"))
    assert "nearest" not in told(MENDED)


def test_what_got_worse_and_what_was_compared_with() -> None:
    after = replace(BEFORE, fid=70.0, coverage=0.9, n=90, n_real=400, n_features=1)
    text = told(replace(MENDED, verdict=certain(BEFORE, after)))
    assert "100 samples before and 90 after, and compared them with 400 real images." in text
    assert "Better than before: coverage 0.85 → 0.9." in text
    assert "Worse than before: FID 60.5 → 70." in text


@pytest.mark.parametrize("interrupted", [False, True])
def test_without_a_judge_and_interrupted(interrupted: bool) -> None:
    text = told(replace(MENDED, verdict=None, interrupted=interrupted))
    assert text.endswith("Nobody judged the result.")
    sentence = "It was interrupted; this is the best that it had found."
    assert (sentence in story(replace(MENDED, interrupted=interrupted)).done) is interrupted


def test_kid_is_told_where_fid_is_biased_on_either_side() -> None:
    few = replace(BEFORE, n=10, n_real=400, n_features=50, kid=0.5)  # it takes four images a feature
    many = replace(few, n=400, kid=0.25, fid=1.0)
    assert "KID 0.5 → 0.25" in told(replace(MENDED, verdict=certain(few, many)))
    assert "KID 0.25 → 0.5" in told(replace(MENDED, verdict=certain(many, few)))


def test_what_may_be_chance_is_neither_better_nor_worse() -> None:
    changes = {"judge_accuracy": (0.6, 0.7), "fid": (-90.0, 1.0), "coverage": (-0.1, 0.2), "recall": (0.1, 0.2)}
    text = told(replace(MENDED, verdict=Comparison(BEFORE, AFTER, "eye", changes=changes)))
    assert text.endswith(
        "Taken together: better. Better than before: accuracy 0.25 → 0.93. "
        "No change shown: FID 60.5 → 20.5, coverage 0.85 → 0.86."
    )


def test_a_verdict_of_an_older_version_calls_nothing_better() -> None:
    text = told(replace(MENDED, verdict=Comparison(BEFORE, AFTER, "eye")))
    assert text.endswith(
        "Before and after: accuracy 0.25 → 0.93, FID 60.5 → 20.5, coverage 0.85 → 0.86, diversity 3.5 → 4.5. "
        "Whether this is more than chance is not known."
    )


def test_shares_of_attributes_are_told_beside_the_wish() -> None:
    shares = AttributeShares(("red", "other"), (0.25, 0.75), Counts((98, 2), 0), Counts((20, 80), 0), "an eye")
    verdict = certain(BEFORE, AFTER)
    said = told(replace(MENDED, verdict=replace(verdict, shares=shares)))
    assert "Of 100 samples each, before → after, an eye counted: red 0.98 → 0.2 (0.133 to 0.289), wished 0.25; " in said
    assert "other 0.02 → 0.8 (0.711 to 0.867), wished 0.75." in said
