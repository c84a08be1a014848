"""The best that a search has found until a validation, and what was seen on the way."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.search.searched import copied, tensors_of
from ganmend.search.state import OF_ATTRIBUTES, Record
from ganmend.search.trials import Scores


@dataclass(frozen=True)
class Best:
    """Edits and their scores; replaced as a whole, so that an interruption never mixes two validations.

    Attributes:
        edits: of all trials, the best ones so far; nothing writes to their tensors.
        scores: (trials,) validation objective of these; -infinity where a trial never counted.
        history: one record a validation and trial that counted.
        stale: validations in a row that improved no trial.
        step: after which the last validation was; -1 before the first.
    """

    edits: EditTensors
    scores: Tensor
    history: tuple[Record, ...] = ()
    stale: int = 0
    step: int = -1

    @classmethod
    def before_any(cls, edits: EditTensors) -> "Best":
        """The starts, of which nothing is known yet."""
        device = edits.vectors.device
        return cls(copied(edits, device), torch.full((len(edits.vectors),), -math.inf, device=device))

    def after(
        self, step: int, edits: EditTensors, scores: Scores, counts: Tensor, *, last: bool, attributes: bool
    ) -> "Best":
        """With one more validation.

        Args:
            step: after which it was.
            edits: of all trials, as they are now.
            scores: of them, on the validation latents.
            counts: (trials,) which trials count: the others keep what they have.
            last: whether the last state is kept, not the best.
            attributes: whether the records tell of shares of attributes.

        Returns:
            The best of both.
        """
        better = counts & (scores.objective > self.scores)
        # A trial's score and all tensors of its edit are kept together or not at all.
        take = counts if last else better
        now = tensors_of(edits)
        taken = {
            # (trials,) -> (trials, 1, ...), to go with each of the edit's tensors
            name: torch.where(take.view(-1, *(1,) * (kept.dim() - 1)), now[name].detach(), kept)
            for name, kept in tensors_of(self.edits).items()
        }
        return Best(
            replace(self.edits, **taken),
            torch.where(take, scores.objective, self.scores),
            self.history + _records(step, scores, counts, attributes=attributes),
            0 if better.any() else self.stale + 1,
            step,
        )


def _records(step: int, scores: Scores, counts: Tensor, *, attributes: bool) -> tuple[Record, ...]:
    """What a validation saw, a record a trial that counts."""
    named = {"target_probability": scores.probability, "log_probability": scores.log_probability}
    terms = ("diversity", "matching", "prior", "objective", *(OF_ATTRIBUTES if attributes else ()))
    numbers = {name: values.tolist() for name, values in (named | {n: getattr(scores, n) for n in terms}).items()}
    return tuple(
        {"step": step, "trial": trial, **{name: values[trial] for name, values in numbers.items()}}
        for trial, counted in enumerate(counts.tolist())
        if counted
    )
