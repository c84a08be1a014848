"""Before and after as plain values, in a line, and back."""

import json
import math
from dataclasses import replace

import pytest

from ganmend.errors import GanmendError
from ganmend.metrics.comparison import Assessment, Comparison, paired_differences
from ganmend.metrics.intervals import Interval
from ganmend.metrics.memorisation import Memorisation
from ganmend.metrics.statistics import ClassReference, class_reference
from ganmend.metrics.verdict import verdict_on
from ganmend.metrics.yardsticks import Yardsticks
from tests.metrics.drawn import noise, normal
from tests.metrics.test_verdict import FULL

WORSE = replace(FULL, n=8, judge_accuracy=0.25, fid=120.0, coverage=None, diversity=math.pi)
YARDSTICKS = Yardsticks(replace(FULL, fid=3.0), ("cat",), replace(FULL, fid=2.0))
MEMORISATION = Memorisation(0.05, 0.01, 0.2, 200, 100)
CHANGES = {"fid": (-150.0, -90.0), "coverage": (-0.5, 0.5)}
WHOLE = Comparison(WORSE, FULL, "eye", YARDSTICKS, ("a", "b"), CHANGES, (), MEMORISATION)


def test_as_plain_values_and_back() -> None:
    assert WHOLE.as_dict() == {
        "before": WORSE.as_dict(), "after": FULL.as_dict(), **WHOLE.yardsticks.as_dict(), "doubts": ["a", "b"],
        "changes": {"fid": [-150.0, -90.0], "coverage": [-0.5, 0.5]}, "outcome": "better",
        "other_judges": [],
        "memorisation": MEMORISATION.as_dict(),
    }  # fmt: skip
    values = json.loads(json.dumps(WHOLE.as_dict())) | {"seconds": 3.0}
    assert Comparison.from_dict(values, "eye") == WHOLE
    assert Comparison.from_dict(values | {"memorisation": None}, "eye") == replace(WHOLE, memorisation=None)
    older = {which: values[which] for which in ("before", "after")}
    assert Comparison.from_dict(older, "eye") == Comparison(WORSE, FULL, "eye"), "as version 0.1 wrote it"
    without = {name: value for name, value in values.items() if name not in ("changes", "outcome", "other_judges")}
    assert Comparison.from_dict(without, "eye") == replace(WHOLE, changes={}), "as version 0.2 wrote it"
    assert replace(WHOLE, changes={}).outcome == ""


def test_further_judges_go_through_json_with_their_names() -> None:
    panel = replace(WHOLE, others=(Comparison(FULL, WORSE, "nose"), Comparison(WORSE, WORSE, "ear")))
    values = json.loads(json.dumps(panel.as_dict()))
    first = values["other_judges"][0]
    assert (first["judge"], first["before"], first["after"]) == ("nose", FULL.as_dict(), WORSE.as_dict())
    assert Comparison.from_dict(values, "eye") == panel


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({"before": None}, "a verdict is None"),
        ({"after": [1]}, r"a verdict is \[1\]"),
        ({"doubts": "no"}, "doubts are 'no'"),
        ({"doubts": [1]}, r"doubts are \[1\]"),
        ({"changes": 3}, "intervals of the changes are 3"),
        ({"changes": {"fid": [2.0, 1.0]}}, "intervals of the changes"),
        ({"changes": {"odd": [1.0, 2.0]}}, "intervals of the changes"),
        ({"other_judges": {}}, r"other judges are \{\}"),
        ({"other_judges": ["nose"]}, "another judge's verdict is 'nose'"),
        ({"other_judges": [{"judge": 3}]}, r"another judge's verdict is \{'judge': 3\}"),
        ({"other_judges": [{"judge": "nose"}]}, "lacks 'before'"),
        ({"memorisation": {}}, r"figures of memorisation are \{\}"),
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


def test_an_assessment_in_a_line() -> None:
    expected = "accuracy 0.25, FID 120, coverage –, diversity 3.14 (by eye, 8 samples)"
    assert str(Assessment(WORSE, "eye", "frog")) == expected


def test_in_a_line() -> None:
    expected = "accuracy 0.25 -> 0.1, FID 120 -> 0.8, coverage – -> 1.3, diversity 3.14 -> 0.5 (by eye, 9 samples)"
    assert str(WHOLE) == expected


def test_kid_stands_for_fid_where_that_is_biased_on_either_side() -> None:
    few = replace(FULL, n=10, n_real=400, n_features=50)  # it takes four images a feature
    many = replace(few, n=400)
    assert "FID" in str(Comparison(many, many, "eye"))
    for before, after in ((few, many), (many, few)):
        assert "KID" in str(Comparison(before, after, "eye"))


GAIN, LOSS, NOTHING = (0.1, 0.2), (-0.2, -0.1), (-0.1, 0.2)  # of figures of which more is better


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"coverage": GAIN, "diversity": NOTHING, "fid": NOTHING}, "better"),
        ({"coverage": LOSS, "fid": NOTHING}, "worse"),
        ({"fid": LOSS}, "better"),
        ({"fid": GAIN}, "worse"),
        ({"coverage": GAIN, "fid": GAIN}, "better in part, worse in part"),
        ({"coverage": NOTHING, "fid": NOTHING}, "no change shown"),
        ({"coverage": NOTHING, "recall": LOSS, "kid": LOSS}, "no change shown"),  # no figures of short tables
        ({"recall": GAIN}, ""),
        ({}, ""),
    ],
)
def test_the_outcome_is_of_the_figures_of_short_tables_together(changes: dict[str, Interval], outcome: str) -> None:
    assert Comparison(FULL, FULL, "eye", changes=changes).outcome == outcome


def test_an_edit_of_nothing_on_the_same_latents_shows_no_change() -> None:
    verdict = verdict_on(noise(20, 12), normal(20, 10), normal(20, 4), 3, real_images())
    changes = paired_differences(verdict, verdict)
    assert set(changes) == set(verdict.halves) != set()
    assert set(changes.values()) == {(0.0, 0.0)}
    assert Comparison(verdict, verdict, "eye", changes=changes).outcome == "no change shown"


def test_an_edit_that_moves_away_from_the_real_images_is_worse() -> None:
    images, logits, features = noise(60, 12), normal(60, 10), normal(60, 4)
    near, far = (verdict_on(images, logits, features + shift, 3, real_images()) for shift in (0.0, 2.0))
    changes = paired_differences(near, far)
    assert 0 < changes["fid"][0] < far.fid - near.fid < changes["fid"][1]
    assert changes["coverage"][1] < 0
    assert Comparison(near, far, "eye", changes=changes).outcome == "worse"
    assert Comparison(far, near, "eye", changes=paired_differences(far, near)).outcome == "better"
    # The same samples, moved: their diversity is paired to the last digit.
    assert changes["diversity"] == pytest.approx((0.0, 0.0), abs=1e-6)


def real_images() -> ClassReference:
    return class_reference(normal(40, 10, 5), normal(40, 4, 6), 3)
