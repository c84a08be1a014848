"""Results side by side: which are found, in what they differ, what speaks against comparing them, which samples."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganmend.errors import GanmendError, OptionError
from ganmend.models.protocol import Generator
from ganmend.report.grids import image_grid
from ganmend.workbench.compared import MOST, ComparedRun, differing, find_runs, incomparable
from ganmend.workbench.result import MendResult
from tests.workbench.conftest import QUICK
from tests.workbench.made_result import made_result


@pytest.fixture(scope="module")
def result(tiny_generator: Generator) -> MendResult:
    return made_result(tiny_generator)


@pytest.fixture(scope="module")
def place(result: MendResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three results: two in a folder, one beside it."""
    root = tmp_path_factory.mktemp("place")
    changed = replace(result.config, learning_rate=0.5)
    result.save(root / "presets/default")
    replace(result, preset="paper", config=changed).save(root / "presets/paper")
    replace(result, seed=7, verdict=None).save(root / "alone")
    (root / "empty").mkdir()
    return root


def test_results_are_found_where_they_are_named_and_below_once_each(place: Path) -> None:
    found = find_runs([place / "alone", place / "presets", place / "presets/paper"])
    assert [run.name for run in found] == [str(place / name) for name in ("alone", "presets/default", "presets/paper")]
    assert [run.result.preset for run in found] == ["default", "default", "paper"]
    assert len(find_runs([place])) == 3


def test_only_what_differs_is_told(place: Path) -> None:
    alone, default, paper = find_runs([place])
    assert differing([default, paper]) == ["preset", "learning_rate"]
    assert differing([default, alone]) == ["seed"]
    assert differing([default, default]) == []
    assert (default.settings()["learning_rate"], paper.settings()["learning_rate"]) == (QUICK.learning_rate, 0.5)


def test_figures_that_cannot_be_held_against_each_other_are_told(result: MendResult) -> None:
    run = ComparedRun("a", result)
    assert incomparable([run, run]) == []

    def beside(**others: object) -> list[str]:
        return incomparable([run, ComparedRun("b", replace(result, **others))])

    verdict = result.verdict
    for said, others in (
        ("different judges", {"verdict": replace(verdict, judge="another")}),
        ("different classes", {"target": "cat"}),
        ("different generators", {"after": replace(result.after, generator="0")}),
        ("numbers of samples", {"verdict": replace(verdict, after=replace(verdict.after, n=7))}),
        ("numbers of real images", {"verdict": replace(verdict, after=replace(verdict.after, n_real=7))}),
        ("1 of 2 runs were not judged", {"verdict": None}),
    ):
        (told,) = beside(**others)
        assert said in told


def test_samples_are_those_of_the_result_at_the_same_latents(place: Path, result: MendResult) -> None:
    _, default, _ = find_runs([place])
    for shown, which in ((default.samples(), "after"), (default.samples_before(), "before")):
        expected = [image_grid(image[None]) for image in result.samples(which)[:8]]
        assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(shown, expected, strict=True))


@pytest.mark.parametrize(("given", "said"), [
    (["empty"], "holds no result"), (["missing"], "is no folder"), (["alone"], "1 result was given; expected two"),
    (["alone", "alone"], "1 result was given; expected two"),
])  # fmt: skip
def test_what_cannot_be_compared_is_refused_in_a_line(place: Path, given: list[str], said: str) -> None:
    with pytest.raises(OptionError, match=said) as refused:
        find_runs([place / name for name in given])
    assert "\n" not in str(refused.value)


def test_more_runs_than_a_page_holds_are_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 1000, "a sweep of ImageNet"
    monkeypatch.setattr("ganmend.workbench.compared.MOST", 2)
    with pytest.raises(OptionError, match="3 results were given; expected at most 2"):
        find_runs([place])


def test_a_broken_result_is_named(place: Path, tmp_path: Path) -> None:
    for name in ("config.json", "metrics.json"):
        (tmp_path / name).write_text("{")
    with pytest.raises(GanmendError, match=tmp_path.name):
        find_runs([place, tmp_path])
