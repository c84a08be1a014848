"""A request: plain values that name a run, and give the same wherever they are run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.catalog.source import GeneratorSource
from ganmend.errors import OptionError
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.search.config import PRESETS
from ganmend.search.state import SearchState
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench
from tests.conftest import FIXTURES
from tests.workbench.conftest import QUICK

TINY = GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"), truncation=0.8)
FULL = MendRequest(
    "repurpose", "frog", TINY, classifier="demo:search", judge="demo:judge", real="photographs", precision="float32",
    preset="paper", config=replace(QUICK, vectors=2), seed=4, samples=6,
)  # fmt: skip


def test_a_request_comes_back_from_json() -> None:
    hidden = replace(FULL, show_photographs=False)
    assert "show_photographs" not in FULL.as_dict(), "runs of older versions go on"
    for request in (FULL, hidden, MendRequest("repair", "frog", GeneratorSource("demo"))):
        assert MendRequest.from_dict(json.loads(json.dumps(request.as_dict()))) == request


def test_what_is_not_said() -> None:
    request = MendRequest("repair", "frog", TINY)
    assert (request.classifier, request.judge, request.real) == ("", "", "")
    assert (request.precision, request.preset, request.seed, request.samples) == ("auto", "default", 0, 1000)
    assert request.config == PRESETS["default"]
    assert MendRequest.from_dict({"task": "repair", "target": "frog", "generator": TINY.as_dict()}) == request


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"sead": 1, "wrong": 2}, "a request holds 'sead', which none has"),
        ({"x" * 500: 1}, "a request holds 'xxxx"),
        ({"config": {"step": 1}}, "this is no request"),
        ({"config": {"steps": 0}}, "steps is 0"),
        ({"config": 3}, "this is no request"),
        ({"seed": "3"}, "seed is '3'; expected a whole number"),
        ({"samples": 2.5}, "samples is 2.5; expected a whole number"),
        ({"show_photographs": "no"}, "a request's show_photographs is 'no'; expected True or False"),
        ({"target": 6}, "a request's target is 6; expected str"),
        ({"generator": {}}, "this is no request"),
        ({"generator": {"path": "demo", "url": ""}}, "this is no request"),
    ],
)
def test_what_is_no_request(change: dict[str, object], answer: str) -> None:
    with pytest.raises(OptionError) as refused:
        MendRequest.from_dict(FULL.as_dict() | change)
    assert answer in str(refused.value)
    assert len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)


def test_a_value_that_is_missing() -> None:
    values = FULL.as_dict()
    del values["target"]
    with pytest.raises(OptionError, match=r"no request \(.*'target'\); expected what as_dict gives"):
        MendRequest.from_dict(values)


def test_its_workbench_holds_what_it_names(photographs: Path) -> None:
    bench = replace(FULL, real=str(photographs)).workbench()
    assert (bench.classifier.name, bench.judge.name) == ("demo:search", "demo:judge")
    assert (bench.real.folder, bench.generator.truncation, bench.generator.precision) == (photographs, 0.8, "float32")
    bare = MendRequest("repair", "frog", TINY, precision="float32").workbench()
    assert (bare.judge, bare.real.source) == (None, None)


def test_a_run_gives_what_the_workbench_gives(photographs: Path) -> None:
    request = replace(FULL, real=str(photographs), samples=8, config=replace(QUICK, matching_weight=1.0))
    bench = Workbench(TINY, classifier="demo:search", judge="demo:judge", real=photographs, precision="float32")
    expected = bench.mend("repurpose", "frog", preset="paper", config=request.config, seed=4, samples=8)
    states: list[SearchState] = []
    got = request.run(on_state=states.append)
    assert torch.equal(got.after.vectors, expected.after.vectors)
    assert (got.verdict, got.history, got.config) == (expected.verdict, expected.history, expected.config)
    assert (got.task, got.target, got.preset, got.seed) == ("repurpose", "frog", "paper", 4)
    assert got.verdict.after.n == 8
    seen: list[Progress] = []
    later = request.run(bench, state=states[1], on_progress=seen.append)
    assert later.generator is bench.generator, "a workbench that is there is used"
    assert torch.equal(later.after.vectors, expected.after.vectors)
    assert [event.done for event in seen if event.stage == "searching"] == [3]


def test_photographs_may_be_left_out_of_what_is_shared(bench: Workbench, photographs: Path, tmp_path: Path) -> None:
    request = MendRequest("repair", "frog", TINY, real=str(photographs), samples=6, config=QUICK)
    found = []
    networks = {"classifier": bench.classifier, "judge": bench.judge}
    real = Workbench(bench.generator, **networks, real=photographs, precision="float32")
    shown = request.run(real)
    hidden = replace(request, show_photographs=False).run(real, on_found=lambda one: found.append(one.photographs))
    assert shown.photographs
    assert (found, hidden.photographs, hidden.nearest) == ([()], (), None)
    pages = [one.save(tmp_path / name) / "report.html" for one, name in ((shown, "shown"), (hidden, "hidden"))]
    assert ["of the photographs" in page.read_text() for page in pages] == [True, False]
    assert {path.name for path in (tmp_path / "hidden").iterdir()}.isdisjoint({"photographs.png", "nearest.png"})
    assert hidden.verdict.as_dict() == shown.verdict.as_dict(), "they are compared with all the same"


def test_a_target_may_be_an_index(tiny_generator: Generator, bench: Workbench) -> None:
    got = MendRequest("repair", "6", TINY, config=QUICK, samples=6).run(bench)
    assert (got.target, got.before_index) == ("frog", 6)
