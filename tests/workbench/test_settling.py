"""When a class is drawn no further: intervals of its lacks, the mark that they leave, and the border of the worst."""

import pytest

from ganmend.metrics.wilson import wilson_interval
from ganmend.workbench.marks import Medians, lacks
from ganmend.workbench.settling import (
    CONFIDENCE,
    FIRST,
    TOLERANCE,
    Estimate,
    contested,
    lack_bounds,
    looks,
    mark_is_settled,
    student_quantile,
)

MEDIANS = Medians(10.0, 0.5)
QUANTILE = 2.2865  # of the normal distribution at 1 - 0.1 / (3 figures at 3 looks)


def estimate(
    n: int = 40, accuracy: float = 0.8, diversity: float = 10.0, error: float = 0.1, **more: float
) -> Estimate:
    return Estimate(n, accuracy, diversity, error, **more)  # type: ignore[arg-type]


def test_looks_double_from_ten_to_the_most() -> None:
    assert (CONFIDENCE, FIRST, TOLERANCE) == (0.9, 10, 0.2)
    assert looks(200) == [10, 20, 40, 80, 160, 200]
    assert looks(40) == [10, 20, 40]
    assert looks(10) == [10]
    assert looks(6) == [6]


@pytest.mark.parametrize(
    ("normal", "freedom", "student"),
    # From tables, at 97.5 % and 99.5 %.
    [(1.95996, 9, 2.2622), (1.95996, 39, 2.0227), (2.57583, 5, 4.0321), (2.57583, 9, 3.2498), (2.57583, 19, 2.8609)],
)
def test_students_quantile_is_wider_for_few_samples(normal: float, freedom: int, student: float) -> None:
    assert student_quantile(normal, freedom) == pytest.approx(student, rel=0.03)


def test_the_bounds_are_the_lacks_of_the_intervals_ends() -> None:
    seen = estimate(coverage=0.3, coverage_error=0.02, n_real=1000)
    bounds = lack_bounds(seen, MEDIANS, 3)
    low, high = wilson_interval(32, 40, QUANTILE)
    student = student_quantile(QUANTILE, 39)
    for end, accuracy, sign in ((1, low, -1), (0, high, 1)):
        expected = lacks(accuracy, 10 + sign * 0.1 * student, 0.3 + sign * 0.02 * student, MEDIANS)
        assert {mark: ends[end] for mark, ends in bounds.items()} == pytest.approx(expected, rel=1e-3)
    assert list(bounds) == ["collapsed", "off-class", "biased"]


def test_more_looks_and_larger_errors_make_them_wider() -> None:
    def width(seen: Estimate, n_looks: int = 3, mark: str = "collapsed") -> float:
        low, high = lack_bounds(seen, MEDIANS, n_looks)[mark]
        return high - low

    assert width(estimate(), 6) > width(estimate())
    assert width(estimate(error=0.2)) == pytest.approx(2 * width(estimate()))
    assert width(estimate(n=10), mark="off-class") > width(estimate(n=80), mark="off-class")


def test_without_real_images_there_is_a_figure_less_to_be_wrong_about() -> None:
    low, high = wilson_interval(32, 40, 2.1280)  # at 1 - 0.1 / (2 figures at 3 looks)
    assert lack_bounds(estimate(), MEDIANS, 3)["off-class"] == pytest.approx((1 - high / 0.3, 1 - low / 0.3), rel=1e-3)


def test_coverage_of_few_real_images_is_never_taken_for_certain() -> None:
    """Samples that cover nothing have no error by the jackknife; ten real images tell little all the same."""
    few, many = (
        lack_bounds(estimate(coverage=0.0, coverage_error=0.0, n_real=n), MEDIANS, 3)["biased"] for n in (5, 1000)
    )
    assert few[0] < 0 < few[1], "at most 0.35 is biased"
    assert many[0] > 0


def test_without_real_images_nothing_is_biased() -> None:
    assert lack_bounds(estimate(), MEDIANS, 3)["biased"] == pytest.approx((1 - 1 / 0.7, 1 - 1 / 0.7))


@pytest.mark.parametrize(
    ("collapsed", "off_class", "biased", "settled"),
    [
        ((-2, -1), (-2, -1), (-2, -1), True),  # healthy
        ((-2, -1), (-2, 0), (-2, 0), True),  # at the threshold is healthy
        ((0.1, 1), (-1, 1), (-1, 1), True),  # collapsed, whatever else
        ((-1, 0.1), (0.5, 1), (0.5, 1), False),  # sick, but perhaps collapsed
        ((-2, -1), (0.1, 1), (-1, 1), True),
        ((-2, -1), (-0.1, 0.1), (0.5, 1), False),
        ((-2, -1), (-2, -1), (0.1, 1), True),
        ((-2, -1), (-2, -1), (-0.1, 0.1), False),
        ((0, 1), (-2, -1), (-2, -1), False),  # perhaps at the threshold
    ],
)
def test_a_mark_is_settled_where_it_is_the_same_within_all_bounds(
    collapsed: tuple[float, float], off_class: tuple[float, float], biased: tuple[float, float], settled: bool
) -> None:
    assert mark_is_settled({"collapsed": collapsed, "off-class": off_class, "biased": biased}) is settled


def test_clear_classes_are_settled_at_the_first_look_and_those_near_a_threshold_are_not() -> None:
    def settled(seen: Estimate) -> bool:
        return mark_is_settled(lack_bounds(seen, MEDIANS, 6))

    assert settled(estimate(n=10, accuracy=0.9, error=0.5))
    assert not settled(estimate(n=10, accuracy=0.4, error=0.5))
    assert settled(estimate(n=200, accuracy=0.45, error=0.5))
    assert not settled(estimate(n=200, accuracy=0.32, error=0.1))
    assert settled(estimate(n=40, accuracy=0.0, error=0.5)), "off-class"
    assert not settled(estimate(n=10, accuracy=0.0, error=0.5)), "none of ten is no proof of less than three in ten"
    assert settled(estimate(n=10, accuracy=0.0, diversity=1.0, error=0.1)), "collapsed"
    assert not settled(estimate(n=10, diversity=6.3, error=0.2))


def test_only_classes_whose_bounds_cross_the_border_are_contested() -> None:
    apart = {4: (0.9, 1.0), 2: (0.7, 0.8), 7: (0.3, 0.5), 1: (0.1, 0.3)}
    assert contested(apart, 2) == set()
    assert contested(apart, 0) == contested(apart, 4) == contested(apart, 9) == contested({}, 3) == set()
    crossing = {4: (0.9, 1.0), 2: (0.4, 0.8), 7: (0.3, 0.7), 1: (0.1, 0.51)}
    assert contested(crossing, 2) == {2, 7}
    assert contested(crossing, 1) == set(), "4 is the worst"
    assert contested(crossing, 3) == {7, 1}
    nearly = {4: (0.9, 1.0), 2: (0.62, 0.8), 7: (0.5, 0.7), 1: (0.1, 0.3)}
    assert contested(nearly, 2) == set(), "they differ by less than what may be exchanged"
