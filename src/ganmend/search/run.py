"""A search under way: Adam on the edits of all trials, projected onto the table's range, the best states kept."""

import hashlib
import json
import math
from collections.abc import Mapping

import torch
from torch import Tensor

from ganmend.errors import OptionError
from ganmend.search.pairs import PairStream
from ganmend.search.searched import Searched, copied, tensors_of
from ganmend.search.state import OF_ATTRIBUTES, Record, SearchState
from ganmend.search.trials import Judgement, Scores, score_trials
from ganmend.search.validation import Validation, draw_latents

CPU = torch.device("cpu")


class Run:
    """One search under way: the edits of all trials, the optimiser, the best seen."""

    def __init__(self, judgement: Judgement, start: Tensor, seed: int) -> None:
        config, generator = judgement.config, judgement.generator
        self.judgement, self.config, self.seed = judgement, config, seed
        self.searched = Searched(generator, config, start)
        self.adam = torch.optim.Adam(self.searched.groups())
        self.rates = [group["lr"] for group in self.adam.param_groups]
        self.validation, self.pairs = Validation(judgement, seed), PairStream(seed, config.latents)
        self.step, self.stale, self.seconds_before, self._drawn = 0, 0, 0.0, (-1, torch.empty(0))
        self.kept = copied(self.searched.edits, start.device)
        self.scores = torch.full((len(start),), -math.inf, device=start.device)
        self.history: list[Record] = []
        self.search = _arguments(judgement, self.searched.vectors, seed)

    @property
    def ended(self) -> bool:
        """All steps are taken, or no trial has improved for `patience` validations."""
        return self.step >= self.config.steps or 0 < self.config.patience <= self.stale

    def take_step(self) -> Scores:
        """One Adam step of all trials (Kingma and Ba 2015), then back into the table's range; scores before it."""
        self.step += 1
        config = self.config
        if config.decay_learning_rate:  # from the full rates at step 1 along half a cosine towards zero
            share = 0.5 * (1 + math.cos(math.pi * (self.step - 1) / config.steps))
            for group, rate in zip(self.adam.param_groups, self.rates, strict=True):
                group["lr"] = rate * share
        views = self.judgement.views(config.latents, self.seed, f"step {self.step}")
        scores = score_trials(self.judgement, self.searched.edits, self._latents(), self.pairs.at(self.step), views)
        self.adam.zero_grad()
        scores.objective.sum().neg().backward()  # trials are independent: a sum gives each its own gradient
        self.adam.step()
        self.searched.project()
        return scores

    def _latents(self) -> Tensor:
        """The training latents (latents, dim_z) of this step; each draw serves `steps_per_draw` steps."""
        draw = (self.step - 1) // self.config.steps_per_draw
        if self._drawn[0] != draw:
            n = self.config.latents
            self._drawn = draw, draw_latents(self.judgement.generator, self.seed, n, "train", draw * n)
        return self._drawn[1]

    @torch.no_grad()
    def validate(self) -> None:
        """Score all trials on the validation latents, and keep the state of each that improved."""
        edits = self.searched.edits
        scores = self.validation.score(edits)
        better = scores.objective > self.scores
        # A trial's score and all tensors of its edit are kept together or not at all.
        take = better if self.config.keep == "best" else torch.ones_like(better)
        self.scores = torch.where(take, scores.objective, self.scores)
        for kept, now in zip(tensors_of(self.kept).values(), tensors_of(edits).values(), strict=True):
            kept[take] = now[take]
        named = {"target_probability": scores.probability, "log_probability": scores.log_probability}
        named |= {name: getattr(scores, name) for name in ("diversity", "matching", "prior", "objective")}
        if self.judgement.wished is not None:
            named |= {name: getattr(scores, name) for name in OF_ATTRIBUTES}
        for trial in range(len(better)):
            numbers = {name: values[trial].item() for name, values in named.items()}
            self.history.append({"step": self.step, "trial": trial, **numbers})
        self.stale = 0 if better.any() else self.stale + 1

    def state(self, seconds: float) -> SearchState:
        """A copy of all that later steps depend on, on the CPU; `seconds` were spent since the start or `restore`."""
        numbers = self.adam.state_dict()["state"]
        optimizer = {
            f"{index}.{name}": tensor.detach().to(CPU, copy=True)
            for index, named in numbers.items()
            for name, tensor in named.items()
        }
        return SearchState(
            step=self.step,
            stale=self.stale,
            seconds=self.seconds_before + seconds,
            edits=copied(self.searched.edits, CPU),
            kept=copied(self.kept, CPU),
            layers=None if self.searched.layers is None else self.searched.layers.detach().to(CPU, copy=True),
            scores=self.scores.to(CPU),  # replaced by each validation, never written to
            optimizer=optimizer,
            history=tuple(dict(record) for record in self.history),
            search=self.search,
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
        device = self.scores.device
        with torch.no_grad():
            for name, tensor in expected.items():
                tensor.copy_(came[name])
        self.step, self.stale, self.seconds_before = state.step, state.stale, state.seconds
        self.kept, self.scores = copied(state.kept, device), state.scores.to(device)
        self.history = [dict(record) for record in state.history]
        numbers: dict[int, dict[str, Tensor]] = {}
        for key, tensor in state.optimizer.items():
            index, _, name = key.partition(".")
            numbers.setdefault(int(index), {})[name] = tensor.clone()
        groups = self.adam.state_dict()["param_groups"]
        self.adam.load_state_dict({"state": numbers, "param_groups": groups})


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
