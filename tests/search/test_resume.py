"""A search that stops after any validation and goes on from its file is the search that never stopped."""

import time
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import GanmendError, OptionError
from ganmend.search import loop
from ganmend.search.config import CAPACITIES, SearchConfig, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.searched import tensors_of
from ganmend.search.state import SearchState
from tests.search.stand_ins import DIM_EMBEDDING, FREE, LinearGenerator, linear_classifier

COMMON = {"steps": 13, "latents": 4, "validation_latents": 6, "validate_every": 2, "trials": 2, "steps_per_draw": 3,
          "latent_map": True}  # fmt: skip
WILD = {"learning_rate": 2.0, "decay_learning_rate": False}  # validation goes up and down


def run(config: SearchConfig, state: SearchState | None = None, **callbacks: object) -> SearchResult:
    start = torch.randn(2, config.vectors, DIM_EMBEDDING, generator=torch.Generator().manual_seed(3))
    targets, real = torch.tensor([1, 0]), torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(4))
    classifier = linear_classifier()
    features = classifier.matching_features(real) if config.matching_weight else None
    return search(
        LinearGenerator(), classifier, start, targets, config, seed=6, real_features=features, state=state, **callbacks
    )  # type: ignore[arg-type]


def stopped(config: SearchConfig) -> tuple[SearchResult, list[SearchState]]:
    states: list[SearchState] = []
    return run(config, on_state=states.append), states


def assert_same(got: EditTensors, expected: EditTensors) -> None:
    mine, theirs = tensors_of(got), tensors_of(expected)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"latent_map": False, "vectors": 2, "matching_weight": 0.0} | FREE,
        {"matching_weight": 0.0, "learning_rate": 0.02},  # views
        WILD | {"patience": 2, "steps": 40},
        {"keep": "last"},
        WILD | {"capacity": "norms", "offsets_learning_rate": 1.0},
        WILD | {"capacity": "layers", "latent_map": False, "vectors": 2},
    ],
    ids=str,
)
def test_going_on_is_bit_for_bit_the_undisturbed_search(changes: dict[str, object], tmp_path: Path) -> None:
    config = search_config(**COMMON | changes)
    whole, states = stopped(config)
    assert len(states) > 2
    assert ("patience" in changes) == (states[-1].step < config.steps), "the case: early stop"
    for state in states:
        state.save(tmp_path / "state.safetensors")
        later: list[SearchState] = []
        resumed = run(config, SearchState.load(tmp_path / "state.safetensors"), on_state=later.append)
        assert torch.equal(resumed.scores, whole.scores)
        assert resumed.history == whole.history
        assert_same(resumed.edits, whole.edits)
        assert (resumed.edits.latent_map is not None) == config.latent_map
        assert (resumed.edits.offsets is not None) == (config.capacity != "row")
        assert [after.step for after in later] == [after.step for after in states if after.step > state.step]
        assert resumed.seconds >= state.seconds > 0, "time spent before counts"


def test_a_search_whose_steps_take_long_can_be_gone_on_with_from_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "STATE_EVERY", 0.0)
    config = search_config(**COMMON)
    whole, states = stopped(config)
    assert [state.step for state in states] == list(range(1, config.steps + 1))
    for state in states:
        resumed = run(config, state)
        assert torch.equal(resumed.scores, whole.scores)
        assert resumed.history == whole.history
        assert_same(resumed.edits, whole.edits)


def test_time_spent_is_that_of_all_parts() -> None:
    config = search_config(**COMMON)
    _, states = stopped(config)
    before = replace(states[2], seconds=1000.0)
    later: list[SearchState] = []
    began = time.monotonic()
    resumed = run(config, before, on_state=later.append)
    took = time.monotonic() - began
    assert 1000 < later[0].seconds < later[-1].seconds <= resumed.seconds <= 1000 + took


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_a_state_comes_back_whole(capacity: str, tmp_path: Path) -> None:
    _, states = stopped(search_config(**COMMON | WILD | {"capacity": capacity, "offsets_learning_rate": 1.0}))
    state = next(state for state in states if state.stale)  # so that `edits` and `kept` differ
    assert not torch.equal(state.edits.vectors, state.kept.vectors)
    state.save(tmp_path / "s")
    back = SearchState.load(tmp_path / "s")
    assert (back.step, back.stale, back.seconds) == (state.step, state.stale, state.seconds)
    assert back.history == state.history
    assert all(isinstance(record["step"], int) and isinstance(record["trial"], int) for record in back.history)
    moved = range(2 if capacity == "row" else 3)  # vectors, latent map, and what the capacity adds
    assert back.optimizer.keys() == state.optimizer.keys() == {
        f"{index}.{name}" for index in moved for name in ("step", "exp_avg", "exp_avg_sq")
    }  # fmt: skip
    assert all(torch.equal(back.optimizer[name], tensor) for name, tensor in state.optimizer.items())
    assert_same(back.edits, state.edits)
    assert_same(back.kept, state.kept)
    assert (back.layers is not None) == (capacity == "layers")
    assert back.layers is None or torch.equal(back.layers, state.layers)


def test_a_long_history_comes_back(tmp_path: Path) -> None:
    """JSON of a mebibyte, and a header of as much, are refused; 20 000 records took five."""
    _, states = stopped(search_config(**COMMON))
    record = states[0].history[0] | {"objective": 0.1}  # no float32 number
    long = replace(states[0], history=(record, *states[0].history * 5000))
    long.save(tmp_path / "s")
    assert SearchState.load(tmp_path / "s").history == long.history


def test_a_state_of_another_search_is_refused() -> None:
    row = COMMON | {"capacity": "row"}
    _, states = stopped(search_config(**row))
    with pytest.raises(OptionError, match=r"vectors \(2, 1, 5\), .* came, this search has vectors \(2, 3, 5\)"):
        run(search_config(**row | {"vectors": 3}), states[0])
    with pytest.raises(OptionError, match=r"latent map \(2, 3, 3\) came, this search has vectors \(2, 1, 5\);"):
        run(search_config(**row | {"latent_map": False}), states[0])
    with pytest.raises(OptionError, match=r"vectors \(2, 1, 5\) came, this search has vectors \(2, 1, 5\), latent map"):
        run(search_config(**row), replace(states[0], edits=EditTensors(states[0].edits.vectors)))


@pytest.mark.parametrize(("came", "asked"), [*permutations(CAPACITIES, 2)])
def test_a_state_of_another_capacity_is_refused(came: str, asked: str) -> None:
    _, states = stopped(search_config(**COMMON | {"capacity": came}))
    added = {"row": r"\(2, 3, 3\)", "layers": r"layers \(2, 2, 5\)", "norms": r"offsets \(2, 6\)"}
    with pytest.raises(OptionError, match=rf"{added[came]} came, this search has .*{added[asked]}; start"):
        run(search_config(**COMMON | {"capacity": asked}), states[0])


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_broken_and_foreign_files_are_refused_in_one_line(capacity: str, tmp_path: Path) -> None:
    _, states = stopped(search_config(**COMMON | {"capacity": capacity}))
    path = tmp_path / "state"
    states[0].save(path)
    whole, tensors = path.read_bytes(), load_file(path)
    with safe_open(path, "pt") as opened:
        metadata = opened.metadata()

    def altered(tensors: dict[str, torch.Tensor], **facts: str) -> bytes:
        save_file(tensors, path, metadata | facts)
        return path.read_bytes()

    contents = [b"", b"no state", whole[:40], whole[:-1], altered(tensors, format="ganmend-embedding-1")]
    contents += [altered(tensors, facts=text) for text in ("[]", "{", "{}", '{"step": [], "stale": 0, "seconds": 0}')]
    contents += [altered({key: tensor for key, tensor in tensors.items() if key != gone}) for gone in tensors]
    bad = ["scores", "setbacks", "history", "edits.latent_map", "optimizer.1.exp_avg", "optimizer.0.step"]
    bad += ["good.vectors", "good.1.exp_avg"]
    bad += ["kept.vectors"] if capacity == "row" else ["kept.offsets", "edits.offsets", "optimizer.2.exp_avg_sq"]
    bad += {"row": [], "layers": ["layers", "good.layers"], "norms": ["good.offsets"]}[capacity]
    for name in bad:
        contents.append(altered(tensors | {name: torch.zeros(6, 6)}))
    contents.append(altered(tensors | {"edits.spare": torch.zeros(2)}))
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(GanmendError) as refusal:
            SearchState.load(path)
        assert str(refusal.value).startswith(str(path)), refusal.value
        assert len(str(refusal.value).splitlines()) == 1
    for foreign in (None, {"format": metadata["format"]}, {"facts": metadata["facts"]}):
        save_file(tensors, path, foreign)
        with pytest.raises(GanmendError, match="is no search state of ganmend; start the search anew"):
            SearchState.load(path)
    save_file(tensors, path, metadata | {"format": "ganmend-search-state-2"})
    with pytest.raises(GanmendError, match="of another version of ganmend; start the search anew"):
        SearchState.load(path)
    with pytest.raises(GanmendError, match="no search state at"):
        SearchState.load(tmp_path / "missing")
