"""Which way each figure is better, pinned one by one, and how figures are written."""

import math
from dataclasses import replace

import pytest

from ganmend.metrics.figures import FIGURES, fid_is_biased, format_figure, format_interval, headlines, is_better, label
from ganmend.metrics.verdict import Verdict
from tests.metrics.certain import certain

# Whether more of it is better.
MORE = {
    "judge_accuracy": True,
    "judge_probability": True,
    "kid": False,
    "fid": False,
    "fid_infinity": False,
    "precision": True,
    "recall": True,
    "density": True,
    "coverage": True,
    "diversity": True,
    "ms_ssim": False,
    "ms_ssim_3_scales": False,
    "pixel_std": None,
    "inception_fid": False,
    "inception_kid": False,
    "inception_precision": True,
    "inception_recall": True,
    "search_accuracy": None,  # the network that the edit was made to please
}
SAME = Verdict(9, 0.5, 0.4, 0.6, *[0.5] * 12, None, None, *[0.5] * 4)


def test_every_figure_of_a_verdict_is_listed_once() -> None:
    assert {key: figure.higher_is_better for key, figure in FIGURES.items()} == MORE
    unlisted = set(SAME.figures()) - set(FIGURES)
    assert unlisted == {"n", "judge_accuracy_low", "judge_accuracy_high", "n_real", "n_features"}
    assert list(FIGURES).index("kid") < list(FIGURES).index("fid"), "what few images can tell comes first"


@pytest.mark.parametrize(
    ("n", "n_real", "n_features", "biased"),
    [
        (400, 400, 100, False),
        (399, 4000, 100, True),
        (4000, 399, 100, True),
        (4, 9, 1, False),
        (3, 9, 1, True),
        (3, None, 100, False),  # nothing to compare with
        (3, 9, None, False),  # a verdict of an older version does not say
    ],
)
def test_fid_takes_four_images_a_feature_of_either_side(
    n: int, n_real: int | None, n_features: int | None, biased: bool
) -> None:
    verdict = replace(SAME, n=n, n_real=n_real, n_features=n_features)
    assert fid_is_biased(verdict.as_dict()) is biased
    assert bool(verdict.fid_bias) is biased


def test_kid_takes_the_place_of_a_biased_fid() -> None:
    enough, few = ({"n": n, "n_real": 40, "n_features": 10} for n in (40, 39))
    assert headlines() == headlines(enough, {}) == ("judge_accuracy", "fid", "coverage", "diversity")
    assert headlines(few) == headlines(enough, few) == ("judge_accuracy", "kid", "coverage", "diversity")
    assert label("fid", few) == label("fid", enough, few) == "FID (biased)"
    assert label("fid", enough) == label("fid") == "FID"
    assert label("kid", few) == "KID"


def test_the_bias_is_said_in_a_line() -> None:
    assert replace(SAME, n=50, n_real=1000, n_features=768).fid_bias == (
        "FID is biased: 50 samples and 1000 real images for 768 features; it takes 3072 of each; look at KID"
    )


@pytest.mark.parametrize("key", MORE)
def test_direction(key: str) -> None:
    higher = replace(SAME, **{key: 0.75})
    rise, fall, still = certain(SAME, higher), certain(higher, SAME), certain(SAME, SAME)
    more = MORE[key]
    assert rise.is_better(key) is is_better(key, (0.1, 0.3)) is more
    assert fall.is_better(key) is is_better(key, (-0.3, -0.1)) is (None if more is None else not more)
    assert still.is_better(key) is is_better(key, (-0.1, 0.3)) is is_better(key, (-0.3, 0.1)) is None
    assert is_better(key, None) is is_better(key, (0.0, 0.3)) is is_better(key, (-0.3, 0.0)) is None


def test_a_comparison_looks_at_the_figure_that_was_asked_for() -> None:
    better_fid_only = certain(SAME, replace(SAME, fid=0.1, coverage=0.1))
    found = {key: better_fid_only.is_better(key) for key in FIGURES}
    assert found == dict.fromkeys(FIGURES, None) | {"fid": True, "coverage": False}


def test_labels() -> None:
    shown = [label(key) for key in FIGURES]
    assert shown == [
        "accuracy", "accuracy (search)", "probability", "KID", "FID", "FID at infinity", "precision", "recall",
        "density", "coverage", "diversity", "MS-SSIM", "MS-SSIM (3 scales)", "pixel std", "FID (Inception)",
        "KID (Inception)", "precision (Inception)", "recall (Inception)",
    ]  # fmt: skip
    assert label("of_no_figure") == "of no figure"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (7, "7"),
        (0.0, "0"),
        (0.0123456, "0.012"),
        (-0.0123456, "-0.012"),
        (0.1, "0.1"),
        (0.1234, "0.123"),
        (12.345, "12.3"),
        (99.94, "99.9"),
        (100.0, "100"),
        (1234.5678, "1235"),
        (-1234.5678, "-1235"),
    ],
)
def test_two_or_three_digits_that_tell(value: object, shown: str) -> None:
    assert format_figure(value) == shown


def test_what_each_figure_can_be() -> None:
    shares = {"judge_accuracy", "search_accuracy", "judge_probability", "precision", "recall", "coverage", "ms_ssim",
              "ms_ssim_3_scales", "inception_precision", "inception_recall"}  # fmt: skip
    without_bias = {"kid", "fid_infinity", "inception_kid"}  # so they may be below 0
    assert {key for key, figure in FIGURES.items() if figure.range == (0, 1)} == shares
    assert {key for key, figure in FIGURES.items() if figure.range == (-math.inf, math.inf)} == without_bias
    assert all(FIGURES[key].range == (0, math.inf) for key in set(FIGURES) - shares - without_bias)


def test_an_interval_in_words() -> None:
    assert format_interval((-0.0123, 1234.5)) == "-0.012 to 1234"
    assert format_interval(None) == ""
