"""Which state of which trial a search keeps, and when it stops."""

import math
from itertools import pairwise

import pytest
import torch

from ganmend.edits.class_edit import EditTensors
from ganmend.search.config import CAPACITIES, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.searched import tensors_of
from ganmend.search.state import Record, SearchState
from ganmend.search.trials import Judgement
from ganmend.search.validation import Validation
from tests.search.stand_ins import DIM_EMBEDDING, FREE, LinearGenerator, linear_classifier

TRIALS, TARGETS, SEED = 3, torch.tensor([0, 1, 2]), 1
# Steps as long as the table is wide: validation goes up and down.
WILD = {"steps": 24, "latents": 4, "validation_latents": 8, "validate_every": 2, "trials": TRIALS, "patience": 0,
        "learning_rate": 0.7, "decay_learning_rate": False, "latent_map": True, "weight_decay": 0.0} | FREE  # fmt: skip


def wild_search(**changes: object) -> tuple[SearchResult, list[SearchState]]:
    states: list[SearchState] = []
    start = torch.randn(TRIALS, 1, DIM_EMBEDDING, generator=torch.Generator().manual_seed(1))
    config = search_config(**WILD | changes)
    found = search(LinearGenerator(), linear_classifier(), start, TARGETS, config, seed=SEED, on_state=states.append)
    return found, states


def of_trial(history: list[Record], trial: int) -> list[float]:
    return [line["objective"] for line in history if line["trial"] == trial]


def validated(edits: EditTensors) -> torch.Tensor:
    judgement = Judgement(LinearGenerator(), linear_classifier(), TARGETS, search_config(**WILD))
    return Validation(judgement, SEED).score(edits).objective


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_each_trial_keeps_the_whole_edit_of_its_best_validation(capacity: str) -> None:
    found, states = wild_search(capacity=capacity, offsets_learning_rate=1.0)
    best_at = [max(range(13), key=lambda i: of_trial(found.history, trial)[i]) for trial in range(TRIALS)]
    assert len(set(best_at)) > 1, "the case: trials have their best at different times, not all first or last"
    assert set(best_at) & set(range(1, 12))
    assert found.scores.tolist() == [max(of_trial(found.history, trial)) for trial in range(TRIALS)]
    torch.testing.assert_close(validated(found.edits), found.scores)
    assert (found.edits.offsets is None) == (capacity == "row")
    for trial, when in enumerate(best_at):
        if when:  # state i - 1 follows validation i; validation 0 is of the start
            kept, then = (tensors_of(edits.select(trial)) for edits in (found.edits, states[when - 1].edits))
            assert kept.keys() == then.keys()
            assert all(torch.equal(kept[name], then[name]) for name in then)


def test_a_state_holds_the_best_so_far_and_is_no_view_of_the_search() -> None:
    found, states = wild_search()
    for state in states:
        best = [max(of_trial(list(state.history), trial)) for trial in range(TRIALS)]
        assert state.scores.tolist() == best
        torch.testing.assert_close(validated(state.kept), state.scores)
        assert state.edits.vectors.shape == (TRIALS, 1, DIM_EMBEDDING)
    assert [state.step for state in states] == list(range(2, 25, 2))
    assert [len(state.history) for state in states] == [TRIALS * n for n in range(2, 14)]
    assert found.history == list(states[-1].history)


def test_last_keeps_the_last_state_even_where_it_is_worse() -> None:
    found, states = wild_search(keep="last")
    assert any(of_trial(found.history, trial)[-1] < max(of_trial(found.history, trial)) for trial in range(TRIALS))
    assert torch.equal(found.edits.vectors, states[-1].edits.vectors)
    assert found.scores.tolist() == [of_trial(found.history, trial)[-1] for trial in range(TRIALS)]


def test_last_keeps_the_last_latent_map_with_the_last_vectors() -> None:
    found, states = wild_search(keep="last", latent_map=True)
    assert torch.equal(found.edits.vectors, states[-1].edits.vectors)
    assert torch.equal(found.edits.latent_map, states[-1].edits.latent_map)


def test_the_best_trial_comes_first() -> None:
    vectors = torch.arange(3.0)[:, None, None]
    found = SearchResult(EditTensors(vectors, vectors * 10), torch.tensor([-1.0, 5.0, 2.0]), search_config())
    assert found.order == [1, 2, 0]
    assert found.best.vectors.tolist() == [[1.0]]
    assert found.best.latent_map is not None
    assert found.best.latent_map.tolist() == [[10.0]]
    assert (found.interrupted, found.history, found.seconds) == (False, [], 0.0)


@pytest.mark.parametrize("patience", [0, 1, 2, 3])
def test_patience_counts_validations_in_a_row_that_improve_no_trial(patience: int) -> None:
    found, states = wild_search(steps=60, patience=patience)
    best, stale, expected = [-math.inf] * TRIALS, 0, []
    for first in range(0, len(found.history), TRIALS):
        now = [line["objective"] for line in found.history[first : first + TRIALS]]
        stale = 0 if any(new > old for new, old in zip(now, best, strict=True)) else stale + 1
        best = [max(pair) for pair in zip(now, best, strict=True)]
        expected.append(stale)
    assert [state.stale for state in states] == expected[1:]
    if patience == 0:
        assert states[-1].step == 60
        assert max(expected) > 3, "the case: it would have stopped"
        assert any(a > b for a, b in pairwise(expected)), "and the count began anew"
    else:
        assert expected.index(patience) == len(expected) - 1, "it stops at once, and not before"


def test_the_last_step_is_validated_too() -> None:
    found, states = wild_search(steps=5, validate_every=3)
    assert [state.step for state in states] == [3, 5]
    assert [line["step"] for line in found.history] == [0, 0, 0, 3, 3, 3, 5, 5, 5]
    assert [line["trial"] for line in found.history] == [0, 1, 2] * 3


def test_a_record_holds_the_validations_figures() -> None:
    found, states = wild_search()
    judgement = Judgement(LinearGenerator(), linear_classifier(), TARGETS, found.config)
    scores = Validation(judgement, SEED).score(states[0].edits)
    for trial, line in enumerate(states[0].history[-TRIALS:]):
        assert line == {
            "step": 2, "trial": trial, "objective": scores.objective[trial].item(),
            "target_probability": scores.probability[trial].item(), "diversity": scores.diversity[trial].item(),
            "log_probability": scores.log_probability[trial].item(), "matching": scores.matching[trial].item(),
                "prior": scores.prior[trial].item(),
        }  # fmt: skip


def test_every_vector_stays_within_the_tables_range() -> None:
    table = LinearGenerator().class_embeddings
    _, states = wild_search(learning_rate=3.0)
    for state in states:
        assert state.edits.vectors.min() >= table.min()
        assert state.edits.vectors.max() <= table.max()
    assert (states[0].edits.vectors == table.max()).any(), "the case: steps lead outside"
    assert states[-1].edits.latent_map is not None
    assert states[-1].edits.latent_map.abs().max() > table.abs().max(), "only embeddings are held in it"


def test_a_start_outside_the_tables_range_is_brought_into_it() -> None:
    generator = LinearGenerator()
    low, high = generator.class_embeddings.min().item(), generator.class_embeddings.max().item()
    start = torch.tensor([2 * low, low / 2, 0.0, high / 2, 2 * high])[None, None]
    config = search_config(steps=1, latents=4, validation_latents=6, learning_rate=1e-30, capacity="row")
    found = search(generator, linear_classifier(), start, TARGETS[:1], config)
    assert found.edits.vectors.flatten().tolist() == pytest.approx([low, low / 2, 0.0, high / 2, high])
    before, after = (line["objective"] for line in found.history)
    assert before == pytest.approx(after), "and it was there when it was first validated"
