"""Adam on all trials side by side; one whose numbers are no longer finite goes back, and on with half the step."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.search.searched import Searched

MOST_SETBACKS = 3  # of a trial; at the next one it has failed
Numbers = Mapping[str, Tensor]


@dataclass(frozen=True)
class Position:
    """Where the trials stand between two steps; its tensors are copies that nothing writes to.

    Attributes:
        step: the last one taken.
        now: what Adam moves, by name, and Adam's own, 'PARAMETER.NAME', parameters counted from 0; each has one entry a
            trial along its first axis, but for Adam's counts of its steps.
        good: the same where each trial's loss and gradient were last finite, which is before its last step.
        setbacks: (trials,) how often each went back.
    """

    step: int
    now: Numbers
    good: Numbers
    setbacks: Tensor

    @property
    def failed(self) -> Tensor:
        """Which trials (trials,) go on no longer."""
        return self.setbacks > MOST_SETBACKS

    @property
    def shares(self) -> Tensor:
        """What share (trials,) of a step each trial takes: half for each time that it went back."""
        return 0.5**self.setbacks


class Optimiser:
    """Adam (Kingma and Ba 2015) on what a search moves. Trials are independent: what one meets changes no other.

    A trial whose loss, gradient or new numbers are NaN or infinite goes back to where its loss and gradient were last
    finite: those were no longer finite where it stands, and a step from there would lead nowhere.

    Attributes:
        position: replaced as a whole after each step, so that an interruption leaves the one before or the one after.
    """

    position: Position

    def __init__(self, searched: Searched) -> None:
        """Stand at the start.

        Args:
            searched: what is moved.
        """
        self.searched = searched
        self.adam = torch.optim.Adam(searched.groups())
        self.rates = [group["lr"] for group in self.adam.param_groups]
        for tensor in searched.moved.values():  # as Adam itself begins, so that there is something to go back to
            moments = {name: torch.zeros_like(tensor, requires_grad=False) for name in ("exp_avg", "exp_avg_sq")}
            self.adam.state[tensor] = {"step": torch.tensor(0.0), **moments}
        start = self._copies()
        setbacks = torch.zeros(len(searched.vectors), dtype=torch.int64, device=searched.vectors.device)
        self.position = Position(0, start, start, setbacks)

    @torch.no_grad()
    def step(self, rate: float, finite: Tensor) -> None:
        """One step along the gradients that are there, then back into the table's range.

        Args:
            rate: share of the learning rates.
            finite: (trials,) which trials' losses are.
        """
        before, moved = self.position, self.searched.moved
        finite = finite & _finite({name: moved[name].grad for name in moved})
        for group, full in zip(self.adam.param_groups, self.rates, strict=True):
            group["lr"] = full * rate
        self.adam.step()
        self._shorten(before)
        self.searched.project()
        # Finite gradients may still be too large for their squares.
        well = finite & _finite(self._numbers())
        good = _where(finite, before.now, before.good)
        stays = ~well | before.failed
        if stays.any():
            self._put(_where(stays, good, self._numbers()))
        setbacks = before.setbacks + (~well & ~before.failed)
        self.position = Position(before.step + 1, self._copies(), good, setbacks)

    @torch.no_grad()
    def go_to(self, position: Position) -> None:
        """Stand there: to go on from an earlier search, or to repeat a step that could not be finished."""
        self._put(position.now)
        self.position = position

    def _shorten(self, before: Position) -> None:
        """Let trials that went back take a share of their step only."""
        for name, tensor in self.searched.moved.items():
            old, shares = before.now[name], _along(before.shares, tensor)
            tensor.copy_(torch.where(shares < 1, old + shares * (tensor - old), tensor))

    def _numbers(self) -> dict[str, Tensor]:
        """What `Position.now` copies, as Adam holds it."""
        moved = self.searched.moved
        own = {
            f"{index}.{name}": number
            for index, tensor in enumerate(moved.values())
            for name, number in self.adam.state[tensor].items()
        }
        return {**{name: tensor.detach() for name, tensor in moved.items()}, **own}

    def _copies(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self._numbers().items()}

    def _put(self, numbers: Numbers) -> None:
        for name, tensor in self._numbers().items():
            tensor.copy_(numbers[name])


def _finite(numbers: Mapping[str, Tensor | None]) -> Tensor:
    """Which trials (trials,) hold finite numbers only; what has no entry a trial does not count."""
    rows = [tensor.flatten(1).isfinite().all(1) for tensor in numbers.values() if tensor is not None and tensor.dim()]
    return torch.stack(rows).all(0)  # (tensors, trials) -> (trials,)


def _where(trials: Tensor, these: Numbers, others: Numbers) -> dict[str, Tensor]:
    """The first numbers for some trials, the second for the others; what has no entry a trial is of the second."""
    return {
        name: torch.where(_along(trials, other), these[name], other) if other.dim() else other
        for name, other in others.items()
    }


def _along(trials: Tensor, tensor: Tensor) -> Tensor:
    """(trials,) -> (trials, 1, ...), to go with a tensor of one entry a trial."""
    return trials.view(-1, *(1,) * (tensor.dim() - 1))
