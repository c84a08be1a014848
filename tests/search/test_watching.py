"""Whoever watches a search sees every step, and can end it."""

import pytest
import torch

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import Cancelled
from ganmend.progress import Progress
from ganmend.search.config import search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.pairs import PairStream
from ganmend.search.state import SearchState
from ganmend.search.trials import Judgement, score_trials
from ganmend.search.validation import draw_latents
from tests.search.stand_ins import DIM_EMBEDDING, FREE, LinearGenerator, linear_classifier

CONFIG = search_config(steps=5, latents=4, validation_latents=6, validate_every=2, trials=2, **FREE)
TARGETS = torch.tensor([1, 2])


def start() -> torch.Tensor:
    return torch.randn(2, 1, DIM_EMBEDDING, generator=torch.Generator().manual_seed(3))


def run(**callbacks: object) -> SearchResult:
    return search(LinearGenerator(), linear_classifier(), start(), TARGETS, CONFIG, **callbacks)  # type: ignore[arg-type]


def test_each_step_tells_its_mean_probability_and_diversity() -> None:
    told: list[Progress] = []
    run(on_progress=told.append)
    assert [(one.stage, one.done, one.total) for one in told] == [("searching", step, 5) for step in range(1, 6)]
    generator = LinearGenerator()
    judgement = Judgement(generator, linear_classifier(), TARGETS, CONFIG)
    within = start().clamp(generator.class_embeddings.min(), generator.class_embeddings.max())
    first = score_trials(judgement, EditTensors(within), draw_latents(generator, 0, 4, "train"), PairStream(0, 4).at(1))
    assert told[0].probability == pytest.approx(first.probability.mean().item())
    assert told[0].diversity == pytest.approx(first.diversity.mean().item())


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt])
def test_ending_it_gives_the_best_so_far(error: type[BaseException]) -> None:
    states: list[SearchState] = []
    whole = run(on_state=states.append)

    def end(progress: Progress) -> None:
        if progress.done == 3:
            raise error

    ended = run(on_progress=end)
    assert ended.interrupted
    assert not whole.interrupted
    assert torch.equal(ended.edits.vectors, states[0].kept.vectors), "as after the validation at step 2"
    assert torch.equal(ended.scores, states[0].scores)
    assert ended.history == list(states[0].history)


def test_a_state_callback_can_end_it_too() -> None:
    def end(state: SearchState) -> None:
        raise Cancelled

    ended = run(on_state=end)
    assert ended.interrupted
    assert max(line["step"] for line in ended.history) == 2


def test_other_errors_are_not_swallowed() -> None:
    def fail(progress: Progress) -> None:
        raise RuntimeError("the watcher fell over")

    with pytest.raises(RuntimeError, match="fell over"):
        run(on_progress=fail)
