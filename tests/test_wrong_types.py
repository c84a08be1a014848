"""What is of another type or out of range is refused by ganmend's own error, in one line."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

import ganmend
from ganmend.errors import GanmendError
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier

DEFAULT = ganmend.PRESETS["default"]
CALLS: dict[str, Callable[[Workbench], object]] = {
    "sample n text": lambda b: b.sample("frog", "2"),  # type: ignore[arg-type]
    "sample n part": lambda b: b.sample("frog", 2.0),  # type: ignore[arg-type]
    "sample truncation": lambda b: b.sample("frog", truncation="0.5"),  # type: ignore[arg-type]
    "sample seed": lambda b: b.sample("frog", seed=None),  # type: ignore[arg-type]
    "sample seed of more than 64 bits": lambda b: b.sample("frog", seed=2**70),
    "mend seed of more than 64 bits": lambda b: b.mend("repair", "frog", seed=-(2**70)),
    "sample n of 5,000 digits": lambda b: b.sample("frog", 10**5000),
    "class of 5,000 digits": lambda b: b.sample("9" * 5000),
    "class of 5,000 digits, a number": lambda b: b.sample(10**5000),
    "target of 5,000 digits": lambda b: b.mend("repair", 10**5000),
    "sample start": lambda b: b.sample("frog", start=-1),
    "sample nothing": lambda b: b.sample(""),
    "evaluate n": lambda b: b.evaluate("frog", n="5"),  # type: ignore[arg-type]
    "evaluate target": lambda b: b.evaluate("frog", target=1.5),  # type: ignore[arg-type]
    "evaluate target outside": lambda b: b.evaluate("frog", target=10),
    "diagnose n": lambda b: b.diagnose(n="a"),  # type: ignore[arg-type]
    "mend config": lambda b: b.mend("repair", "frog", config={}),  # type: ignore[arg-type]
    "mend seed": lambda b: b.mend("repair", "frog", seed=1.5),  # type: ignore[arg-type]
    "mend samples": lambda b: b.mend("repair", "frog", samples=1),
    "mend preset": lambda b: b.mend("repair", "frog", preset="x", config=DEFAULT),
    "walk steps": lambda b: b.walk("frog", "cat", "3"),  # type: ignore[arg-type]
    "classifier": lambda b: ganmend.load_classifier(None),  # type: ignore[arg-type]
    "edit": lambda b: ganmend.load_edit(None),  # type: ignore[arg-type]
    "result": lambda b: ganmend.load_result(None),  # type: ignore[arg-type]
    "state": lambda b: ganmend.SearchState.load(3),  # type: ignore[arg-type]
    "statistics": lambda b: ganmend.ReferenceStatistics.load("absent.safetensors"),
    "grid of a list": lambda b: ganmend.image_grid([1]),  # type: ignore[arg-type]
    "grid of none": lambda b: ganmend.image_grid(torch.zeros(0, 3, 8, 8)),
    "grid without columns": lambda b: ganmend.image_grid(torch.zeros(1, 3, 8, 8), 0),
    "latents n": lambda b: ganmend.sample_latents(0, -2, 4),
    "latents truncation": lambda b: ganmend.sample_latents(0, 2, 4, truncation=2.0),
    "row": lambda b: ganmend.class_row(b.generator, "frog"),  # type: ignore[arg-type]
    "edit of a list": lambda b: ganmend.ClassEdit([1.0]),  # type: ignore[arg-type]
    "edit of whole numbers": lambda b: ganmend.ClassEdit(torch.zeros(1, 3, dtype=torch.long)),
    "edit's target": lambda b: ganmend.ClassEdit(torch.zeros(1, 3), target=None),  # type: ignore[arg-type]
    **{
        f"setting {change}": (lambda b, change=change: replace(DEFAULT, **change))  # type: ignore[misc]
        for change in (
            {"steps": 2.5}, {"steps": True}, {"steps": "2"}, {"noise": -1.0}, {"noise": float("inf")}, {"patience": -1},
            {"diversity_weight": "1"}, {"matching_weight": float("nan")}, {"learning_rate": float("inf")},
            {"weight_decay": float("nan")}, {"decay_learning_rate": "no"}, {"learning_rate": "x"},
            {"diversity_layer": 3},
        )
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tiny_generator: Generator, tiny_classifier: Classifier) -> Workbench:
    return Workbench(tiny_generator, classifier=tiny_classifier, judge=make_classifier(1))


@pytest.mark.parametrize("call", CALLS)
def test_it_is_refused_in_a_line(call: str, bench: Workbench) -> None:
    with pytest.raises(GanmendError) as refused:
        CALLS[call](bench)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_python_too_doubts_a_judge_that_guided_the_search(
    tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    quick = replace(DEFAULT, steps=1, latents=2, validation_latents=2, init="mean")
    with pytest.warns(ganmend.GanmendWarning, match="its verdict says nothing"):
        ganmend.repair(
            tiny_generator, "frog", classifier=tiny_classifier, judge=tiny_classifier, config=quick, samples=4
        )
