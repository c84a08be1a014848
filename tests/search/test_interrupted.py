"""Ctrl-C comes at any line of a step or a validation: what is kept is what one of them left, whole."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
import torch

from ganmend.search import best, optimiser, run, searched
from ganmend.search.config import search_config
from ganmend.search.run import Run
from ganmend.search.state import SearchState
from ganmend.search.trials import Judgement
from tests.search.stand_ins import DIM_EMBEDDING, FREE, LinearGenerator, linear_classifier

FILES = {module.__file__ for module in (best, optimiser, run, searched)}
EVERY = 31  # lines between two interruptions


def new_run(keep: str) -> Run:
    config = search_config(
        steps=9, latents=4, validation_latents=6, validate_every=1, trials=2, keep=keep, capacity="layers",
        latent_map=True, learning_rate=2.0, **FREE,
    ).settled(matches_real_images=False)  # fmt: skip
    start = torch.randn(2, 1, DIM_EMBEDDING, generator=torch.Generator().manual_seed(3))
    return Run(Judgement(LinearGenerator(), linear_classifier(), torch.tensor([1, 0]), config), start, seed=6)


def moment(run: Run) -> tuple[str, str]:
    """All numbers of a run's position, and all of what it keeps."""
    state = run.state(0.0)
    whole = {name: tensor.tolist() for name, tensor in state.optimizer.items()}
    edits = [part.tolist() for part in (state.edits.vectors, state.edits.latent_map, state.edits.offsets, state.layers)]
    kept = [part.tolist() for part in (state.kept.vectors, state.kept.latent_map, state.kept.offsets, state.scores)]
    good = {name: tensor.tolist() for name, tensor in state.good.items()}
    position = state.step, edits, whole, good, state.setbacks.tolist()
    return str(position), str((kept, state.history, state.stale, state.validated))


def work(run: Run) -> Iterator[None]:
    run.validate()
    for _ in range(3):
        yield
        run.take_step()
        yield
        run.validate()


class Lines:
    """Counts the lines that run in the files of a search, and interrupts at one of them."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.count = at, 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._on_call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _on_call(self, frame: FrameType, event: str, _: object) -> object:
        return self._on_line if frame.f_code.co_filename in FILES else None

    def _on_line(self, frame: FrameType, event: str, _: object) -> object:
        if event == "line":
            self.count += 1
            if self.count == self.at:
                raise KeyboardInterrupt
        return self._on_line


@pytest.mark.parametrize("keep", ["best", "last"])
def test_an_interruption_never_mixes_two_states(keep: str) -> None:
    undisturbed = new_run(keep)
    known = [moment(undisturbed)] + [moment(undisturbed) for _ in work(undisturbed)] + [moment(undisturbed)]
    positions, kept = ({each[part] for each in known} for part in (0, 1))
    assert (len(positions), len(kept)) == (4, 5 if keep == "last" else len(kept))
    lines, counted = Lines(), new_run(keep)
    with lines.watched():
        list(work(counted))
    assert lines.count > 1000, "the case: there are many places"
    for at in range(1, lines.count, EVERY):
        interrupted = new_run(keep)
        with Lines(at).watched(), pytest.raises(KeyboardInterrupt):
            list(work(interrupted))
        position, best_so_far = moment(interrupted)
        assert position in positions
        assert best_so_far in kept


def test_what_was_kept_at_an_interruption_is_gone_on_with() -> None:
    """Whether the last validation came before it or not: the search ends where it would have."""
    whole = new_run("best")
    states: list[SearchState] = []
    for _ in work(whole):
        states.append(whole.state(0.0))
    assert {state.validated - state.step for state in states} == {0, -1}
    for state in states:
        later = new_run("best")
        later.restore(state)
        while later.step < whole.step or later.validation_is_due:
            if later.validation_is_due:
                later.validate()
            else:
                later.take_step()
        assert moment(later) == moment(whole)
