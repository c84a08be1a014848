"""A search that stops after any validation and goes on from its file is the search that never stopped."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import GanmendError, OptionError
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.state import SearchState
from tests.search.stand_ins import DIM_EMBEDDING, LinearGenerator, linear_classifier

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


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"latent_map": False, "vectors": 2, "matching_weight": 0.0},
        WILD | {"patience": 2, "steps": 40},
        {"keep": "last"},
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
        assert torch.equal(resumed.edits.vectors, whole.edits.vectors)
        assert torch.equal(resumed.scores, whole.scores)
        assert resumed.history == whole.history
        if config.latent_map:
            assert resumed.edits.latent_map is not None
            assert whole.edits.latent_map is not None
            assert torch.equal(resumed.edits.latent_map, whole.edits.latent_map)
        assert [after.step for after in later] == [after.step for after in states if after.step > state.step]
        assert resumed.seconds >= state.seconds > 0, "time spent before counts"


def test_time_spent_is_that_of_all_parts() -> None:
    config = search_config(**COMMON)
    _, states = stopped(config)
    before = replace(states[2], seconds=1000.0)
    later: list[SearchState] = []
    began = time.monotonic()
    resumed = run(config, before, on_state=later.append)
    took = time.monotonic() - began
    assert 1000 < later[0].seconds < later[-1].seconds <= resumed.seconds <= 1000 + took


def test_a_state_comes_back_whole(tmp_path: Path) -> None:
    _, states = stopped(search_config(**COMMON | WILD))
    state = next(state for state in states if state.stale)  # so that `edits` and `kept` differ
    assert not torch.equal(state.edits.vectors, state.kept.vectors)
    state.save(tmp_path / "s")
    back = SearchState.load(tmp_path / "s")
    assert (back.step, back.stale, back.seconds) == (state.step, state.stale, state.seconds)
    assert back.history == state.history
    assert all(isinstance(record["step"], int) and isinstance(record["trial"], int) for record in back.history)
    assert back.optimizer.keys() == state.optimizer.keys() == {
        f"{index}.{name}" for index in (0, 1) for name in ("step", "exp_avg", "exp_avg_sq")
    }  # fmt: skip
    assert all(torch.equal(back.optimizer[name], tensor) for name, tensor in state.optimizer.items())
    for mine, theirs in ((back.edits, state.edits), (back.kept, state.kept)):
        assert torch.equal(mine.vectors, theirs.vectors)
        assert mine.latent_map is not None
        assert theirs.latent_map is not None
        assert torch.equal(mine.latent_map, theirs.latent_map)


def test_a_long_history_comes_back(tmp_path: Path) -> None:
    """JSON of a mebibyte, and a header of as much, are refused; 20 000 records took five."""
    _, states = stopped(search_config(**COMMON))
    record = states[0].history[0] | {"objective": 0.1}  # no float32 number
    long = replace(states[0], history=(record, *states[0].history * 5000))
    long.save(tmp_path / "s")
    assert SearchState.load(tmp_path / "s").history == long.history


def test_a_state_of_another_search_is_refused() -> None:
    _, states = stopped(search_config(**COMMON))
    with pytest.raises(OptionError, match=r"\(2, 1, 5\) came, this search has \(2, 3, 5\)"):
        run(search_config(**COMMON | {"vectors": 3}), states[0])
    with pytest.raises(OptionError, match="only one of them has latent maps"):
        run(search_config(**COMMON | {"latent_map": False}), states[0])
    with pytest.raises(OptionError, match="only one of them has latent maps"):
        run(search_config(**COMMON), replace(states[0], edits=EditTensors(states[0].edits.vectors)))


def test_broken_and_foreign_files_are_refused_in_one_line(tmp_path: Path) -> None:
    _, states = stopped(search_config(**COMMON))
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
    for name in ("scores", "kept.vectors", "optimizer.1.exp_avg", "optimizer.0.step", "history", "edits.latent_map"):
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
    with pytest.raises(GanmendError, match="no search state at"):
        SearchState.load(tmp_path / "missing")
