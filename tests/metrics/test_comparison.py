"""Before and after as plain values, in a line, and back."""

import json
import math
from dataclasses import replace

import pytest

from ganmend.errors import GanmendError
from ganmend.metrics.comparison import Comparison
from ganmend.metrics.yardsticks import Yardsticks
from tests.metrics.test_verdict import FULL

WORSE = replace(FULL, n=8, judge_accuracy=0.25, fid=120.0, coverage=None, diversity=math.pi)
WHOLE = Comparison(WORSE, FULL, "eye", Yardsticks(replace(FULL, fid=3.0), ("cat",), replace(FULL, fid=2.0)), ("a", "b"))


def test_as_plain_values_and_back() -> None:
    assert WHOLE.as_dict() == {
        "before": WORSE.as_dict(), "after": FULL.as_dict(), **WHOLE.yardsticks.as_dict(), "doubts": ["a", "b"],
    }  # fmt: skip
    values = json.loads(json.dumps(WHOLE.as_dict())) | {"seconds": 3.0}
    assert Comparison.from_dict(values, "eye") == WHOLE
    older = {which: values[which] for which in ("before", "after")}
    assert Comparison.from_dict(older, "eye") == Comparison(WORSE, FULL, "eye"), "as version 0.1 wrote it"


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({"before": None}, "a verdict is None"),
        ({"after": [1]}, r"a verdict is \[1\]"),
        ({"doubts": "no"}, "doubts are 'no'"),
        ({"doubts": [1]}, r"doubts are \[1\]"),
    ],
)
def test_what_is_no_comparison_is_refused(odd: dict[str, object], message: str) -> None:
    with pytest.raises(GanmendError, match=message):
        Comparison.from_dict(WHOLE.as_dict() | odd, "eye")
    with pytest.raises(GanmendError, match="lacks 'after'"):
        Comparison.from_dict({"before": FULL.as_dict()}, "eye")


def test_columns_in_the_order_of_reading() -> None:
    assert list(WHOLE.columns()) == ["before", "after", "healthy class", "real images"]
    assert [verdict.fid for verdict in WHOLE.columns().values()] == [120.0, FULL.fid, 3.0, 2.0]
    assert list(Comparison(WORSE, FULL, "eye").columns()) == ["before", "after"]


def test_in_a_line() -> None:
    expected = "accuracy 0.25 -> 0.1, FID 120 -> 0.8, coverage – -> 1.3, diversity 3.14 -> 0.5 (by eye, 9 samples)"
    assert str(WHOLE) == expected


def test_kid_stands_for_fid_where_that_is_biased_on_either_side() -> None:
    few = replace(FULL, n=10, n_real=400, n_features=50)  # it takes four images a feature
    many = replace(few, n=400)
    assert "FID" in str(Comparison(many, many, "eye"))
    for before, after in ((few, many), (many, few)):
        assert "KID" in str(Comparison(before, after, "eye"))
