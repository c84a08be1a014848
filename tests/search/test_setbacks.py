"""A trial whose numbers are no longer finite goes back, on with half the step, and fails at the fourth time."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import DrawingError, SearchError
from ganmend.models.protocol import Generator
from ganmend.search.config import CAPACITIES, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.searched import tensors_of
from ganmend.search.state import Record, SearchState
from ganmend.targets.classifier import Classifier
from tests.search.poisoned import (
    EVER,
    STEPS,
    TRIALS,
    Poison,
    huge_gradient,
    infinite_images,
    nan_gradient,
    nan_images,
    poisoned,
)  # fmt: skip

BAD, OTHERS = 1, (0, 2)  # trials
POISONS = [nan_images, infinite_images, nan_gradient, huge_gradient]


def same(edits: EditTensors, expected: EditTensors, trial: int) -> bool:
    pairs = zip(tensors_of(edits).values(), tensors_of(expected).values(), strict=True)
    return all(torch.equal(mine[trial], theirs[trial]) for mine, theirs in pairs)


def records(found: SearchResult, trial: int) -> list[Record]:
    return [line for line in found.history if line["trial"] == trial]


@pytest.fixture(params=CAPACITIES)
def capacity(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("poison", POISONS)
def test_the_others_go_on_bit_for_bit(poison: Poison) -> None:
    undisturbed, their_states = poisoned()
    for steps in ((5, 6), EVER[1:]):
        found, states = poisoned(poison, [BAD], steps)
        for state, theirs in zip(states, their_states, strict=True):
            assert all(same(state.edits, theirs.edits, trial) for trial in OTHERS)
        for trial in OTHERS:
            assert same(found.edits, undisturbed.edits, trial)
            assert found.scores[trial] == undisturbed.scores[trial]
            assert records(found, trial) == records(undisturbed, trial)


@pytest.mark.parametrize(
    ("poison", "back_to"), [(nan_images, 3), (infinite_images, 3), (nan_gradient, 3), (huge_gradient, 4)]
)
def test_it_goes_back_to_where_its_numbers_were_last_finite(poison: Poison, back_to: int, capacity: str) -> None:
    """Where it stood in step 5, loss or gradient were not: the place before is good, which step 4 saw. A gradient that
    is finite says that the place is good; its square, that the step is not."""
    _, undisturbed = poisoned(capacity=capacity)
    _, states = poisoned(poison, [BAD], [5], capacity=capacity)
    assert same(states[3].edits, undisturbed[3].edits, BAD)
    assert same(states[4].edits, undisturbed[back_to - 1].edits, BAD)
    assert not same(states[4].edits, undisturbed[4].edits, BAD)
    assert states[4].setbacks.tolist() == [0, 1, 0]
    for name, tensor in states[4].optimizer.items():
        if tensor.dim():  # each moment too; Adam's count of steps is all trials'
            assert torch.equal(tensor[BAD], undisturbed[back_to - 1].optimizer[name][BAD])
            assert tensor[BAD].count_nonzero() > 0


@pytest.mark.parametrize(("setbacks", "share"), [(0, 1.0), (1, 0.5), (2, 0.25), (3, 0.125)])
def test_its_steps_are_half_as_long_after_each(setbacks: int, share: float) -> None:
    """Of the step that Adam would take from the same state; offsets, since nothing holds these in a range."""
    fast = {"offsets_learning_rate": 1.0, "decay_learning_rate": False}
    _, states = poisoned(**fast)
    before, whole = (states[place].edits.offsets for place in (4, 5))
    state = replace(states[4], setbacks=torch.tensor([0, setbacks, 0]))
    _, later = poisoned(state=state, **fast)
    after = later[0].edits.offsets
    assert before is not None
    assert whole is not None
    assert after is not None
    torch.testing.assert_close(after[BAD] - before[BAD], share * (whole[BAD] - before[BAD]), rtol=1e-4, atol=1e-6)
    assert all(torch.equal(after[trial], whole[trial]) for trial in OTHERS)


def test_after_three_setbacks_it_goes_on_and_at_the_fourth_it_has_failed() -> None:
    found, states = poisoned(nan_images, [BAD], [2, 4, 6])
    assert states[-1].setbacks.tolist() == [0, 3, 0]
    assert (found.failed, found.notes) == ((), ())
    assert not same(states[-1].edits, states[-2].edits, BAD), "it moves on"
    found, states = poisoned(nan_images, [BAD], [2, 4, 6, 8])
    assert found.failed == (BAD,)
    assert all(same(state.edits, states[7].edits, BAD) for state in states[7:])
    assert [line["step"] for line in records(found, BAD)] == list(range(8))
    assert [line["step"] for line in records(found, 0)] == list(range(STEPS + 1))
    (note,) = found.notes
    assert "Trial 2 of 3 failed" in note


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_failed_trial_keeps_what_it_had_found(keep: str) -> None:
    found, _ = poisoned(nan_images, [BAD], [5, 6, 7, 8], keep=keep)
    objectives = [line["objective"] for line in records(found, BAD)]
    assert found.failed == (BAD,)
    assert found.scores[BAD].item() == (objectives[-1] if keep == "last" else max(objectives))


def test_a_trial_that_is_never_finite_comes_last_and_the_others_are_found() -> None:
    undisturbed, _ = poisoned()
    found, _ = poisoned(nan_images, [BAD], EVER)
    assert found.failed == (BAD,)
    assert found.scores[BAD] == -torch.inf
    assert found.order == [trial for trial in undisturbed.order if trial != BAD] + [BAD]
    assert records(found, BAD) == []
    assert all(same(found.edits, undisturbed.edits, trial) for trial in OTHERS)


def test_a_validation_that_is_not_finite_keeps_nothing() -> None:
    for poison in (nan_images, infinite_images):
        found, _ = poisoned(poison, [BAD], [0], keep="last")
        assert found.scores[BAD] == -torch.inf
        assert found.failed == (), "its steps were finite"


def test_where_all_fail_what_was_found_is_kept() -> None:
    found, states = poisoned(nan_images, range(TRIALS), range(5, STEPS))
    assert found.failed == (0, 1, 2)
    assert len(found.notes) == TRIALS
    assert states[-1].step == 8, "and it ends at once"
    assert found.scores.isfinite().all()


def test_where_nothing_was_found_one_line_says_so() -> None:
    with pytest.raises(SearchError, match=r"NaN or infinite in all of its trials \(3\) before any .* found something"):
        poisoned(nan_gradient, range(TRIALS), EVER, validate_every=6)
    with pytest.raises(DrawingError, match="the generator's weights are damaged"):
        poisoned(nan_images, range(TRIALS), EVER)


@pytest.mark.parametrize("steps", [(5, 6, 9), EVER[3:]])
def test_going_on_is_bit_for_bit_the_undisturbed_search(steps: tuple[int, ...], capacity: str, tmp_path: Path) -> None:
    """Also where the first step after the state is the one that goes back."""
    whole, states = poisoned(nan_images, [BAD], steps, capacity=capacity)
    for state in states[3:9:2]:
        state.save(tmp_path / "state")
        found, later = poisoned(nan_images, [BAD], steps, SearchState.load(tmp_path / "state"), capacity=capacity)
        assert found.history == whole.history
        assert torch.equal(found.scores, whole.scores)
        assert found.failed == whole.failed
        assert all(same(found.edits, whole.edits, trial) for trial in range(TRIALS))
        assert torch.equal(later[-1].setbacks, states[-1].setbacks)


def test_in_a_batch_of_a_real_generator_the_others_keep_their_bits(
    tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    """NaN goes through both networks and back; its neighbours in the batch are drawn as they were."""
    generator = tiny_generator.prepared("auto")
    config = search_config(steps=4, latents=3, trials=2, validate_every=1, validation_latents=2, capacity="norms")
    calls: list[int] = []

    def poison(_: object, __: object, images: Tensor) -> Tensor:
        """The second trial's images (2 * 3, 3, H, W) of step 3."""
        calls.extend([len(images)] * images.requires_grad)
        bad = torch.arange(len(images)) >= (
            len(images) / 2 if images.requires_grad and len(calls) == 3 else len(images)
        )
        return images.masked_fill(bad[:, None, None, None], torch.nan)

    def run() -> SearchResult:
        rows = generator.class_embeddings[:2, None]
        return search(generator, tiny_classifier, rows, torch.tensor([3, 4]), config)

    undisturbed, handle = run(), generator.register_forward_hook(poison)
    try:
        found = run()
    finally:
        handle.remove()
    assert calls == [6] * 4
    assert same(found.edits, undisturbed.edits, 0)
    assert records(found, 0) == records(undisturbed, 0)
    assert records(found, 1)[:3] == records(undisturbed, 1)[:3]
    assert records(found, 1)[3:] != records(undisturbed, 1)[3:]
