"""What samples are conditioned on: an embedding each, and offsets of the conditional norms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Condition:
    """The condition of N samples.

    A conditional norm multiplies a normalised feature by a gain and adds a bias. In a generator with a class table both
    are functions of the class embedding; the offsets are added to them. A generator without a table has an embedding of
    width 0, and its offsets are all of its gains and biases.

    Attributes:
        embedding: (N, dim_embedding), or (dim_embedding,) for all samples.
        offsets: (N, `Generator.n_offsets`): for each conditional norm in order its channels' gains, then its channels'
            biases, added to those that the embedding gives; None adds nothing.
    """

    embedding: Tensor
    offsets: Tensor | None = None

    def expand(self, n: int) -> "Condition":
        """Of n samples: an embedding for all becomes n rows that share their memory."""
        return self._each(lambda part: part.expand(n, -1))

    def to(self, device: torch.device) -> "Condition":
        """The same on a device."""
        return self._each(lambda part: part.to(device))

    def split(self, sizes: Sequence[int]) -> list["Condition"]:
        """Parts of `sizes` samples, in order."""
        embeddings = self.embedding.split(list(sizes))
        offsets = [None] * len(sizes) if self.offsets is None else self.offsets.split(list(sizes))
        return [Condition(*parts) for parts in zip(embeddings, offsets, strict=True)]

    def lerp(self, other: "Condition", share: float) -> "Condition":
        """Linear interpolation: share 0 is this condition, 1 the other; offsets that one lacks are 0 there."""
        embedding = torch.lerp(self.embedding, other.embedding, share)
        mine, theirs = self.offsets, other.offsets
        if mine is None and theirs is None:
            return Condition(embedding)
        mine = torch.zeros_like(theirs) if mine is None and theirs is not None else mine
        theirs = torch.zeros_like(mine) if theirs is None and mine is not None else theirs
        assert mine is not None
        assert theirs is not None
        return Condition(embedding, torch.lerp(mine, theirs, share))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Condition":
        return Condition(change(self.embedding), None if self.offsets is None else change(self.offsets))
