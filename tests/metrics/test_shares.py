"""Shares of attributes: counted among the attributes alone, with intervals, beside the wish."""

import math
from dataclasses import replace

import pytest
import torch

from ganmend.errors import GanmendError
from ganmend.files.json_text import parse_json, to_json
from ganmend.metrics.comparison import Comparison
from ganmend.metrics.shares import AttributeCounter, AttributeShares, Counts
from ganmend.metrics.wilson import wilson_interval
from tests.metrics.test_doubts import AFTER
from tests.search.stand_ins import linear_classifier

SHARES = AttributeShares(("red", "other"), (0.2, 0.8), Counts((90, 10), 4), Counts((25, 75), 20), "a judge", 0.95)


def test_samples_are_counted_by_the_most_probable_of_the_attributes_alone() -> None:
    logits = torch.tensor(
        [[9.0, 1.0, 5.0, 0.0], [0.0, 3.0, 0.0, 0.0], [9.0, 0.0, 0.1, 0.0], [0.0, 0.0, 9.0, 0.0], [0.0, 0.0, 2.0, 0.0]]
    )
    counter = AttributeCounter(("one", "other"), linear_classifier(), (2, 1))
    assert counter.count(logits) == Counts((4, 1), 1), "the first class is none of them; the third sample is unsure"
    assert AttributeCounter(("one", "other"), linear_classifier(), (1, 2)).count(logits) == Counts((1, 4), 1)


@pytest.mark.parametrize(("probability", "unsure"), [(0.66, 1), (0.67, 0)])
def test_a_network_is_sure_from_two_thirds(probability: float, unsure: int) -> None:
    logits = torch.tensor([[math.log(probability), math.log(1 - probability)]])
    assert AttributeCounter(("one", "other"), linear_classifier(), (0, 1)).count(logits).unsure == unsure


def test_each_share_has_wilsons_interval_and_its_wish() -> None:
    (name, wished, before, after), other = SHARES.rows()
    assert (name, wished) == ("red", 0.2)
    assert before == (0.9, wilson_interval(90, 100))
    assert after == (0.25, wilson_interval(25, 100))
    assert (other[0], other[1], other[2][0], other[3][0]) == ("other", 0.8, 0.1, 0.75)


def test_the_distance_is_the_share_that_would_have_to_change() -> None:
    assert SHARES.distances == pytest.approx((0.7, 0.05))
    three = AttributeShares(
        ("a", "b", "c"), (0.5, 0.3, 0.2), Counts((5, 3, 2), 0), Counts((2, 3, 5), 0), "a judge"
    )  # fmt: skip
    assert three.distances == pytest.approx((0, 0.3))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, None),
        ({"after": Counts((29, 71), 0)}, None),
        ({"after": Counts((31, 69), 0)}, "The wished shares were not reached: they are 11% of the samples away."),
        ({"after": Counts((95, 5), 0)}, "are 75% of the samples away, further than before."),
        ({"after": Counts((25, 75), 21)}, "a judge, which counted the attributes, is unsure of 21% of the samples"),
        ({"accuracy": 0.89}, "names 11% of the photographs of these wrongly"),
        ({"accuracy": None}, None),
        ({"guided": True}, "a judge, which counted the attributes, guided the search, so it says nothing."),
    ],
    ids=str,
)
def test_what_is_doubted(changes: dict[str, object], sentence: str | None) -> None:
    found = replace(SHARES, **changes).doubts()
    assert len(found) == (sentence is not None)
    assert sentence is None or sentence in found[0]


def test_shares_come_back_from_json_with_the_comparison() -> None:
    comparison = Comparison(AFTER, AFTER, "judge", shares=SHARES)
    values = parse_json(to_json(comparison.as_dict()))
    assert Comparison.from_dict(values, "judge").shares == SHARES
    assert values["shares"]["attributes"][0]["after"] == {"share": 0.25, "interval": list(wilson_interval(25, 100))}
    assert "shares" not in Comparison(AFTER, AFTER, "judge").as_dict(), "where none were wished for"


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": {"before": [90, 10], "after": [25]}},
        {"counts": {"before": [90, 10], "after": [25.5, 74.5]}},
        {"counts": {"before": [0, 0], "after": [25, 75]}},
        {"unsure": {"before": 4}},
        {"unsure": {"before": 101, "after": 0}},
        {"attributes": []},
        {"attributes": [{"name": "red"}]},
        {"accuracy": "high"},
    ],
    ids=str,
)
def test_broken_shares_are_refused_in_one_line(changes: dict[str, object]) -> None:
    with pytest.raises(GanmendError, match=r"the shares of attributes are .*; expected what as_dict gives") as caught:
        AttributeShares.from_dict(SHARES.as_dict() | changes)
    assert "\n" not in str(caught.value)
    with pytest.raises(GanmendError, match="the shares of attributes are"):
        AttributeShares.from_dict(None)
