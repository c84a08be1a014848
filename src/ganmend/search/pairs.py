"""Which samples a step compares: pairs that depend on seed and step alone."""

import torch
from torch import Tensor

from ganmend.objective.diversity import disjoint_pairs


class PairStream:
    """Disjoint pairs of n samples for steps 1, 2, ... of a seed.

    They come one after another from the seed's random numbers. A step is found again by going through the steps before
    it, which costs microseconds each, so a search that goes on after an interruption compares what it would have.
    """

    def __init__(self, seed: int, n: int) -> None:
        self.seed, self.n = seed, n
        self._restart()

    def at(self, step: int) -> Tensor:
        """The pairs (n // 2, 2) that a step compares; steps count from 1 and may be asked for in any order."""
        if step < self._next:
            self._restart()
        while self._next < step:
            disjoint_pairs(self.n, self._numbers)
            self._next += 1
        self._next += 1
        return disjoint_pairs(self.n, self._numbers)

    def _restart(self) -> None:
        self._numbers, self._next = torch.Generator().manual_seed(self.seed), 1
