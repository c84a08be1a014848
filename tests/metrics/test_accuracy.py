"""Accuracy, its interval, and the probability of the target."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.wilson import wilson_interval


def test_wilson_by_published_numbers() -> None:
    # Newcombe 1998 (Statistics in Medicine 17), table I, method 3: the 95 % score interval without correction.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_wilson_at_its_ends_in_closed_form() -> None:
    # With no success the score test p (1 - p) / n * z^2 = p^2 holds at 0 and at z^2 / (n + z^2).
    for n in (1, 7, 400):
        end = 1.959964**2 / (n + 1.959964**2)
        assert wilson_interval(0, n) == (0, pytest.approx(end, rel=1e-12))
        assert wilson_interval(n, n) == (pytest.approx(1 - end, rel=1e-12), 1)


def test_wilson_by_another_z() -> None:
    # Both ends solve (p - share)^2 = z^2 p (1 - p) / n.
    for end in wilson_interval(3, 10, z=1.0):
        assert (end - 0.3) ** 2 == pytest.approx(end * (1 - end) / 10, rel=1e-12)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    hits, n = counts
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert wilson_interval(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_accuracy_counts_hits_of_the_target_and_probability_is_no_accuracy() -> None:
    # Odds by row of three classes; class 1 wins rows 0, 1 and 3.
    odds = torch.tensor([[1.0, 2.0, 1.0], [1.0, 8.0, 1.0], [3.0, 1.0, 1.0], [1.0, 3.0, 1.0]])
    found = judge_accuracy(odds.log(), 1)
    assert found.accuracy == 3 / 4
    assert (found.low, found.high) == wilson_interval(3, 4)
    # Softmax of the logarithm of odds is the share of each: 1/2, 4/5, 1/5, 3/5. float32 logits.
    assert found.probability == pytest.approx((1 / 2 + 4 / 5 + 1 / 5 + 3 / 5) / 4, abs=1e-6)
    other = judge_accuracy(odds.log(), 0)
    assert (other.accuracy, other.probability) == (1 / 4, pytest.approx((1 / 4 + 1 / 10 + 3 / 5 + 1 / 5) / 4, abs=1e-6))


def test_probability_is_summed_in_float64() -> None:
    # The log of 1 / (1 + e^-20): in float32 the probability would round to 1.
    found = judge_accuracy(torch.tensor([[20.0, 0.0]]), 0)
    assert 1 - found.probability == pytest.approx(math.exp(-20) / (1 + math.exp(-20)), rel=1e-6)
