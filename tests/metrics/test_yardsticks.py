"""What a verdict is read against: halves of the real images, and the median of healthy classes figure by figure."""

import json
from dataclasses import fields, replace

import pytest
import torch

from ganmend.errors import GanmendError
from ganmend.metrics.accuracy import JudgeAccuracy
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import BESIDE, Verdict, verdict_on_features
from ganmend.metrics.yardsticks import FEWEST_REAL, NO_YARDSTICKS, Yardsticks, median_verdict, real_as_samples
from tests.metrics.drawn import normal

SHARES = JudgeAccuracy(accuracy=0.75, low=0.5, high=0.875, probability=0.625)


def reference(n: int) -> ClassReference:
    """Real images of two kinds in turn, so that the halves are unlike."""
    features = normal(n, 4) + torch.arange(n)[:, None] % 2
    return ClassReference(fit_gaussian(features), features, SHARES)


def test_one_half_of_the_real_images_is_scored_against_the_other() -> None:
    whole = reference(40)
    even, odd = whole.features[0::2], whole.features[1::2]
    found = real_as_samples(whole, seed=3)
    assert found == verdict_on_features(odd, SHARES, ClassReference(fit_gaussian(even), even), seed=3)
    assert (found.n, found.n_real, found.judge_accuracy, found.judge_probability) == (20, 20, 0.75, 0.625)
    assert found != verdict_on_features(even, SHARES, ClassReference(fit_gaussian(odd), odd), seed=3)
    assert (found.ms_ssim, found.ms_ssim_3_scales, found.pixel_std) == (None, None, None)


def test_each_half_needs_more_images_than_neighbours() -> None:
    assert FEWEST_REAL == 12
    assert real_as_samples(reference(11)) is None
    found = real_as_samples(reference(12))
    assert (found.n, found.n_real) == (6, 6)


def test_real_images_reach_what_no_generator_can_better() -> None:
    """Halves of one distribution: KID around 0, and most of each among the other."""
    features = normal(400, 4)
    found = real_as_samples(ClassReference(fit_gaussian(features), features))
    assert abs(found.kid) < 0.1, "halves shifted by one standard deviation are 2 apart"
    assert min(found.precision, found.recall, found.coverage) > 0.85
    assert found.judge_accuracy is None


def verdict(start: float, n: int = 9) -> Verdict:
    """Figures start, start + 0.1, ..., all different."""
    names = [entry.name for entry in fields(Verdict) if entry.name not in ("n", *BESIDE)]
    return Verdict(n=n, **{name: start + i / 10 for i, name in enumerate(names)})  # type: ignore[arg-type]


def test_the_median_is_taken_figure_by_figure() -> None:
    low, middle, high = verdict(1), verdict(2), verdict(5)
    with_interval = replace(low, intervals={"fid": (0.0, 9.0)})  # of one class, and no interval of a median
    assert median_verdict([high, with_interval, middle]) == middle
    crossed = replace(low, fid=100.0)
    assert median_verdict([crossed, middle, high]) == replace(middle, fid=high.fid)
    assert median_verdict([low, middle]).kid == pytest.approx((low.kid + middle.kid) / 2)


def test_what_is_not_known_of_one_is_the_median_of_the_others() -> None:
    low, high = verdict(1), verdict(3)
    assert median_verdict([low, replace(high, fid=None)]).fid == low.fid
    assert median_verdict([replace(low, fid=None), replace(high, fid=None)]).fid is None


def test_plain_values_and_back() -> None:
    whole = Yardsticks(verdict(1), ("cat", "dog"), verdict(2))
    for yardsticks in (whole, replace(whole, real=None), NO_YARDSTICKS):
        assert Yardsticks.from_dict(json.loads(json.dumps(yardsticks.as_dict()))) == yardsticks
    assert whole.as_dict() == {
        "healthy": verdict(1).as_dict(), "healthy_classes": ["cat", "dog"], "real_images": verdict(2).as_dict(),
    }  # fmt: skip
    assert Yardsticks.from_dict({}) == NO_YARDSTICKS
    assert whole.columns() == {"healthy class": verdict(1), "real images": verdict(2)}
    assert list(replace(whole, healthy=None).columns()) == ["real images"]


@pytest.mark.parametrize(
    "odd", [{"healthy": [1]}, {"real_images": 3}, {"healthy_classes": "cat"}, {"healthy_classes": [1]}]
)
def test_what_is_no_yardstick_is_refused(odd: dict[str, object]) -> None:
    with pytest.raises(GanmendError, match=r"healthy classes are|a verdict is"):
        Yardsticks.from_dict(odd)
