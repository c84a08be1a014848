"""A search under way: steps of all trials, the best state of each kept."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import NoReturn

import torch
from torch import Tensor

from ganmend.errors import OptionError, SearchError
from ganmend.models.pieces import unless_memory_runs_out
from ganmend.search.best import Best
from ganmend.search.optimiser import Optimiser, Position
from ganmend.search.pairs import PairStream
from ganmend.search.searched import Searched, copied
from ganmend.search.state import SearchState
from ganmend.search.trials import Judgement, Scores, score_trials
from ganmend.search.validation import Validation, draw_latents

CPU = torch.device("cpu")


class Run:
    """One search under way: the edits of all trials, the optimiser, the best seen."""

    def __init__(self, judgement: Judgement, start: Tensor, seed: int) -> None:
        config, generator = judgement.config, judgement.generator
        self.judgement, self.config, self.seed = judgement, config, seed
        self.searched = Searched(generator, config, start)
        self.optimiser = Optimiser(self.searched)
        self.validation, self.pairs = Validation(judgement, seed), PairStream(seed, config.latents)
        self.seconds_before, self._drawn = 0.0, (-1, torch.empty(0))
        self.best = Best.before_any(self.searched.edits)
        self.search = _arguments(judgement, self.searched.vectors, seed)

    @property
    def step(self) -> int:
        """The last one taken."""
        return self.optimiser.position.step

    @property
    def failed(self) -> tuple[int, ...]:
        """The trials that go on no longer, by their numbers."""
        return tuple(self.optimiser.position.failed.nonzero().flatten().tolist())  # (failed, 1) -> (failed,)

    @property
    def ended(self) -> bool:
        """All steps are taken, all trials failed, or none has improved for `patience` validations."""
        config = self.config
        tired = 0 < config.patience <= self.best.stale
        return self.step >= config.steps or tired or bool(self.optimiser.position.failed.all())

    @property
    def validation_is_due(self) -> bool:
        """After each `validate_every` steps, at the start and at the end; each once."""
        due = self.step % self.config.validate_every == 0 or self.step == self.config.steps
        return due and self.best.step != self.step

    def take_step(self) -> Scores:
        """One step of all trials; where memory runs out in it, it is repeated with less.

        Returns:
            Their scores before it.

        Raises:
            NoMemoryError: less at once would change the result.
        """
        tries = 0
        while (scores := unless_memory_runs_out(self._try_step)) is None:
            tries += 1
            self.optimiser.go_to(self.optimiser.position)
            self.judgement.memory.take_less(self.judgement.generator.device, tries)
        return scores

    def _try_step(self) -> Scores:
        config, number = self.config, self.step + 1
        # The learning rate goes from the full one at step 1 along half a cosine towards zero.
        rate = 0.5 * (1 + math.cos(math.pi * (number - 1) / config.steps)) if config.decay_learning_rate else 1.0
        views = self.judgement.views(config.latents, self.seed, f"step {number}")
        pairs = self.pairs.at(number)
        scores = score_trials(self.judgement, self.searched.edits, self._latents(number), pairs, views)
        self.optimiser.adam.zero_grad()
        scores.objective.sum().neg().backward()  # trials are independent: a sum gives each its own gradient
        self.optimiser.step(rate, scores.finite)
        return scores

    def _latents(self, step: int) -> Tensor:
        """The training latents (latents, dim_z) of a step; each draw serves `steps_per_draw` steps."""
        draw = (step - 1) // self.config.steps_per_draw
        if self._drawn[0] != draw:
            n = self.config.latents
            self._drawn = draw, draw_latents(self.judgement.generator, self.seed, n, "train", draw * n)
        return self._drawn[1]

    @torch.no_grad()
    def validate(self) -> None:
        """Score all trials on the validation latents, and keep the state of each that improved.

        Raises:
            ClassifierError: at the start no trial is finite, because the classifier gives NaN.
            DrawingError: because the generator does.
            SearchError: for another reason.
        """
        edits = self.searched.edits
        scores = self.validation.score(edits)
        counts = scores.finite & ~self.optimiser.position.failed
        if self.best.step < 0 and not counts.any():
            self.refuse()
        last, attributes = self.config.keep == "last", self.judgement.wished is not None
        self.best = self.best.after(self.step, edits, scores, counts, last=last, attributes=attributes)

    def refuse(self) -> NoReturn:
        """Say why no trial has led anywhere.

        Raises:
            ClassifierError: the classifier gives NaN.
            DrawingError: the generator does.
            SearchError: neither does where the trials stand now.
        """
        self.validation.score(self.searched.edits, checked=True)
        raise SearchError(
            f"objective or gradient of the search were NaN or infinite in all of its trials ({len(self.best.scores)}) "
            "before any of them found something; try a smaller learning_rate or weight, or another classifier"
        )

    def state(self, seconds: float) -> SearchState:
        """A copy of all that later steps depend on, on the CPU; `seconds` were spent since the start or `restore`."""
        position, best, moved = self.optimiser.position, self.best, self.searched.moved
        # Tensors of `position` and `best` are replaced by each step, never written to, and need no copy.
        now, good = (_on_cpu(numbers) for numbers in (position.now, position.good))
        with torch.no_grad():
            edits = self.searched.edits_of(position.now)
        return SearchState(
            step=position.step,
            stale=best.stale,
            seconds=self.seconds_before + seconds,
            edits=copied(edits, CPU),
            kept=copied(best.edits, CPU),
            layers=now.get("layers"),
            scores=best.scores.to(CPU),
            optimizer={name: tensor for name, tensor in now.items() if name not in moved},
            history=best.history,
            search=self.search,
            validated=best.step,
            good=good,
            setbacks=position.setbacks.to(CPU),
        )

    def restore(self, state: SearchState) -> None:
        """Go on from a state.

        Args:
            state: of a search with the same arguments.

        Raises:
            OptionError: it is of a search with other arguments.
        """
        came, expected = state.moved, self.searched.moved
        if {name: tensor.shape for name, tensor in came.items()} != {name: t.shape for name, t in expected.items()}:
            raise OptionError(
                f"a search state of {_shapes(came)} came, this search has {_shapes(expected)}; start the search anew"
            )
        if state.search != self.search:
            raise OptionError(
                "the state of another search came: of another class, seed, setting, generator, classifier or real "
                "images; start the search anew"
            )
        device = self.best.scores.device
        now, good = (
            # Adam keeps the counts of its steps on the CPU.
            {name: tensor.to(device) if tensor.dim() else tensor for name, tensor in numbers.items()}
            for numbers in ({**came, **state.optimizer}, state.good)
        )
        self.optimiser.go_to(Position(state.step, now, good, state.setbacks.to(device)))
        kept = copied(state.kept, device)
        self.best = Best(kept, state.scores.to(device), state.history, state.stale, state.validated)
        self.seconds_before = state.seconds


def _on_cpu(numbers: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.to(CPU) for name, tensor in numbers.items()}


def _arguments(judgement: Judgement, start: Tensor, seed: int) -> str:
    """16 hexadecimal digits of all that a search depends on; the memory that it may take is none of that."""
    generator, classifier = judgement.generator, judgement.classifier
    settings = {name: value for name, value in judgement.config.as_dict().items() if name != "memory"}
    drawn = [generator.fingerprint, generator.function_digest(), generator.precision, generator.truncation]
    names = [*drawn, classifier.fingerprint, str(classifier.dtype)]
    wished = [] if judgement.wished is None else [judgement.wished.facts()]
    digest = hashlib.sha256(json.dumps([settings, seed, names, judgement.targets.tolist(), *wished]).encode())
    for numbers in (start, judgement.real_features, judgement.prior):
        if numbers is not None:
            digest.update(numbers.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _shapes(tensors: Mapping[str, Tensor]) -> str:
    """Such as 'vectors (1, 1, 128), offsets (1, 1152)'."""
    return ", ".join(f"{name.replace('_', ' ')} {tuple(tensor.shape)}" for name, tensor in tensors.items())
