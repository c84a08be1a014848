"""A sweep's request: through JSON and back, its groups of trials, and what it refuses."""

import json
from dataclasses import replace

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.errors import OptionError
from ganmend.runs.sweeps.request import SweepRequest, worst_of
from ganmend.search.config import search_config

REQUEST = SweepRequest(
    GeneratorSource("demo", truncation=0.5), "worst:5", "auto", ("a", "b"), ("c",), "real", "float32", "paper",
    search_config("paper", trials=7), 3, 2, 11, 50, {"frog": "bullfrog"},
)  # fmt: skip


def test_through_json_it_is_the_same():
    assert SweepRequest.from_dict(json.loads(json.dumps(REQUEST.as_dict()))) == REQUEST


def test_groups_are_all_trials_in_order_whatever_does_not_divide():
    assert REQUEST.groups == [(0, 3), (3, 6), (6, 7)]
    assert replace(REQUEST, group=10).groups == [(0, 7)]


def test_a_class_s_request_is_that_of_a_command_for_it_alone():
    one = REQUEST.of_class("debias", "frog")
    assert (one.task, one.target, one.classifier, one.judge) == ("debias", "frog", ("a", "b"), "c")
    assert (one.generator, one.real, one.precision, one.preset, one.config) == (
        REQUEST.generator, "real", "float32", "paper", REQUEST.config,
    )  # fmt: skip
    assert (one.seed, one.samples, one.class_map, one.images) == (11, 50, {"frog": "bullfrog"}, None)


@pytest.mark.parametrize(("text", "n"), [("worst:50", 50), (" worst : 3 ", 3), ("all", 0), ("worst", 0), ("frog", 0)])
def test_how_many_of_the_worst(text, n):
    assert worst_of(text) == n


@pytest.mark.parametrize("text", ["worst:", "worst:0", "worst:-3", "worst:x", "worst:1.5"])
def test_no_number_of_the_worst_is_told(text):
    with pytest.raises(OptionError, match=r"expected worst:N with N at least 1"):
        worst_of(text)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"colour": 1}, "holds 'colour', which none has"),
        ({"task": "mend"}, "--task is 'mend'"),
        ({"group": 0}, "group is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"generator": {"path": "demo", "colour": 1}}, "no sweep's request"),
        ({"classes": "all", "task": "repurpose"}, "name the new classes"),
    ],
)
def test_what_no_request_has_is_refused(values, said):
    with pytest.raises(OptionError, match=said):
        SweepRequest.from_dict({**REQUEST.as_dict(), **values})
