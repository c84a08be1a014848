"""A search that a classifier leads alone and that does harm is tried again with a floor; no other is."""

from dataclasses import replace

import pytest

from ganmend.search.config import SearchConfig
from ganmend.workbench import guarded
from ganmend.workbench.guarded import CAUTIOUS_FLOOR, Found, guarded_search
from ganmend.workbench.mending import Job, prepare_job
from ganmend.workbench.workbench import Workbench
from tests.workbench.conftest import QUICK


def ignore(_: object) -> None:
    """Nobody watches."""


@pytest.fixture
def job(bench: Workbench) -> Job:
    return prepare_job("debias", "frog", bench.generator, bench.searching, None, bench.real)


def found_with(job: Job, config: SearchConfig, harm: list[tuple[str, ...]], patch: pytest.MonkeyPatch) -> Found:
    """A search whose first try, and second, is said to have done this harm."""
    said = iter(harm)
    patch.setattr(guarded, "harm_done", lambda *_: next(said))
    return guarded_search(job, config, 0, on_progress=ignore)


def test_a_search_without_harm_is_tried_once(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    found = found_with(job, QUICK, [()], monkeypatch)
    assert (found.harm, found.search.config.floor) == ((), 0.0)


@pytest.mark.parametrize(("second", "taken"), [((), True), (("x",), True), (("x", "y"), False)])
def test_the_second_try_is_taken_where_it_does_less_harm(
    second: tuple[str, ...], taken: bool, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = found_with(job, QUICK, [("a", "b"), second], monkeypatch)
    assert found.search.config.floor == (CAUTIOUS_FLOOR if taken else 0.0)
    assert found.harm == (second if taken else ("a", "b"))


def test_both_tries_start_alike_and_their_time_counts(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = guarded_search(job, replace(QUICK, floor=CAUTIOUS_FLOOR), 0, on_progress=ignore)
    found = found_with(job, QUICK, [("a",), ()], monkeypatch)
    assert found.search.history == alone.search.history
    assert found.before_index == alone.before_index
    seconds: list[float] = []
    real = guarded.search
    monkeypatch.setattr(guarded, "search", lambda *a, **k: kept(real(*a, **k), seconds))  # type: ignore[arg-type]
    found = found_with(job, QUICK, [("a",), ()], monkeypatch)
    assert len(seconds) == 2
    assert found.search.seconds == sum(seconds)


def kept(result: guarded.SearchResult, seconds: list[float]) -> guarded.SearchResult:
    seconds.append(result.seconds)
    return result


def test_a_floor_that_was_asked_for_is_not_changed(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    found = found_with(job, replace(QUICK, floor=0.0), [("a",)], monkeypatch)
    assert (found.harm, found.search.config.floor) == (("a",), 0.0)
