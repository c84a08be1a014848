"""Which doubts are voiced: each at its threshold, none where there is no reason."""

from dataclasses import replace

import pytest

from ganmend.metrics.doubts import doubts_on
from ganmend.metrics.memorisation import Memorisation
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import Yardsticks
from tests.metrics.certain import certain_changes

AFTER = Verdict(
    100, 0.8, 0.7, 0.9, 0.75, 5.0, 0.4, 0.5, fid=60.0, kid=0.6, precision=0.7, recall=0.5, density=0.8, coverage=0.8,
    n_real=100, n_features=25,
)  # fmt: skip


def test_without_a_reason_nothing_is_said() -> None:
    before = replace(AFTER, judge_accuracy=0.7, fid=61.0, coverage=0.7, diversity=4.0)
    assert doubts_on(AFTER) == doubts_on(AFTER, before=AFTER, changes=certain_changes(AFTER, AFTER)) == ()
    assert doubts_on(AFTER, before=before, changes=certain_changes(before, AFTER)) == ()
    assert doubts_on(replace(AFTER, n_real=None, fid=None, coverage=None, recall=None)) == ()


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({"n": 99, "n_features": 1}, "Only 99 samples were judged"),
        ({"n_real": 99, "n_features": 1}, "Only 99 real images were there"),
        ({"n_features": 26}, "FID is biased: 100 samples and 100 real images for 26 features"),
        ({"recall": 0.099, "coverage": 0.901}, "Recall is 0.099 while coverage is 0.901"),
    ],
)
def test_a_figure_just_beyond_its_threshold(figures: dict[str, float], sentence: str) -> None:
    (found,) = doubts_on(replace(AFTER, **figures))
    assert found.startswith(sentence)
    assert found.endswith(".")


@pytest.mark.parametrize("figures", [{"recall": 0.1, "coverage": 1.0}, {"recall": 0.0, "coverage": 0.9}])
def test_recall_and_coverage_at_their_thresholds(figures: dict[str, float]) -> None:
    assert doubts_on(replace(AFTER, **figures)) == ()


def test_worse_than_before_names_the_figures_by_their_own_direction() -> None:
    """Higher accuracy is better, higher FID is worse."""
    before = replace(AFTER, judge_accuracy=0.9, fid=50.0, coverage=0.7)
    changes = certain_changes(before, AFTER)
    assert doubts_on(AFTER, before=before, changes=changes) == (
        "Worse than before: accuracy 0.9 -> 0.8, FID 50 -> 60.",
    )
    assert doubts_on(AFTER, before=before, changes=changes | {"fid": (-1.0, 20.0)}) == (
        "Worse than before: accuracy 0.9 -> 0.8.",
    ), "what may be chance is not called worse"
    assert doubts_on(AFTER, before=before) == (), "nor what is not known"
    # With few images a feature KID stands for FID.
    few, before = replace(AFTER, n_features=26), replace(before, n_features=26, kid=0.5, judge_accuracy=0.8)
    assert (
        doubts_on(few, before=before, changes=certain_changes(before, few))[0] == "Worse than before: KID 0.5 -> 0.6."
    )


def test_real_images_that_the_judge_takes_for_another_class() -> None:
    for share, said in ((0.499, True), (0.5, False), (None, False)):
        found = doubts_on(AFTER, yardsticks=Yardsticks(real=replace(AFTER, judge_accuracy=share)))
        assert bool(found) is said
    (found,) = doubts_on(AFTER, yardsticks=Yardsticks(real=replace(AFTER, judge_accuracy=0.25)))
    assert found.startswith("The judge takes 75% of the real images for another class")


@pytest.mark.parametrize(
    ("precision", "healthy", "said"),
    [
        (0.349, 0.7, True),
        (0.35, 0.7, False),
        (0.7, 0.3, False),
        (0.0, 0.7, True),
        (0.0, None, False),
        (None, 0.7, False),
    ],
)
def test_samples_that_leave_the_real_images(precision: float | None, healthy: float | None, said: bool) -> None:
    """Below half of what a healthy class of the same generator reaches, whatever that is."""
    yardsticks = Yardsticks(replace(AFTER, precision=healthy), ("cat", "dog"), replace(AFTER, precision=0.9))
    found = doubts_on(replace(AFTER, precision=precision), yardsticks=yardsticks)
    assert bool(found) is said
    assert doubts_on(replace(AFTER, precision=precision), yardsticks=replace(yardsticks, healthy=None)) == ()


def test_how_many_samples_leave_the_real_images_is_said() -> None:
    (found,) = doubts_on(
        replace(AFTER, precision=0.12), yardsticks=Yardsticks(replace(AFTER, precision=0.68), ("a", "b"))
    )
    assert found.startswith("Only 12% of the samples lie among the real images, of a healthy class 68%")


def test_the_best_of_several_tries_and_a_judge_that_guided() -> None:
    assert doubts_on(AFTER, trials=1) == ()
    assert doubts_on(AFTER, trials=2) == ("The best of 2 tries is shown, chosen by the search's own classifier.",)
    (found,) = doubts_on(AFTER, judge_guided=True)
    assert found == "The judge is the classifier that guided the search, so its verdict says nothing."


def test_a_search_far_ahead_of_its_judge_is_possibly_adversarial() -> None:
    """More than 25 points, and only where the search's own classifier is the one that is ahead."""
    for share, said in ((1.0, True), (0.76, True), (0.75, False), (0.0, False), (None, False)):
        ahead = replace(AFTER, judge_accuracy=0.5, search_accuracy=share)
        assert bool(doubts_on(ahead)) is said, share
    assert doubts_on(replace(AFTER, judge_accuracy=None, search_accuracy=1.0)) == (), (
        "the judge does not know the class"
    )
    (found,) = doubts_on(replace(AFTER, judge_accuracy=0.5, search_accuracy=0.98))
    assert found.startswith(
        "Possibly adversarial: the search's own classifier takes 98% of the samples for the class, "
    )
    assert ", the judge 50%, " in found


def test_every_judge_is_measured_against_the_search() -> None:
    ahead = replace(AFTER, search_accuracy=0.9)  # the judge says 0.8
    near, far, blind = (replace(AFTER, judge_accuracy=share) for share in (0.7, 0.3, None))
    assert doubts_on(ahead, others=[("near", near), ("blind", blind)]) == ()
    (found,) = doubts_on(ahead, others=[("near", near), ("far", far)])
    assert "far 30%" in found
    assert "near" not in found
    assert "the judge" not in found
    (found,) = doubts_on(replace(ahead, judge_accuracy=0.2), others=[("far", far)])
    assert "the judge 20% and far 30%" in found


def test_another_judge_that_guided_is_named() -> None:
    (found,) = doubts_on(AFTER, others=[("eye", AFTER)], others_guided=["eye"])
    assert found == "The judge eye is the classifier that guided the search, so its verdict says nothing."


def test_kin_of_the_searchs_classifier_is_named() -> None:
    (found,) = doubts_on(AFTER, relatives=["eye"])
    assert found.startswith("The judge eye and the classifier that guided the search are kin: one family")
    assert "the same photographs" in found


def test_samples_that_may_be_copies() -> None:
    copies = Memorisation(0.048, 0.001, 0.009, 1000, 200)
    (found,) = doubts_on(AFTER, memorisation=copies)
    assert found.startswith(
        "4.8% of the samples lie much nearer to one real image than to any other, and 0.1% of the real images do"
    )
    assert doubts_on(AFTER, memorisation=replace(copies, p_value=0.01)) == ()


def test_the_gravest_stands_first() -> None:
    few, before = replace(AFTER, n=50, n_features=1), replace(AFTER, fid=1.0)
    found = doubts_on(few, before=before, changes=certain_changes(before, few), trials=3, judge_guided=True)
    assert [sentence.split()[0] for sentence in found] == ["The", "Worse", "Only", "The"]
    assert "guided" in found[0]
