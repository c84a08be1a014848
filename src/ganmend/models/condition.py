"""What samples are conditioned on: an embedding each, and offsets of the conditional norms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)  # tensors are not compared by ==
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

    def __repr__(self) -> str:
        offsets = "none" if self.offsets is None else tuple(self.offsets.shape)
        return f"<Condition: embedding {tuple(self.embedding.shape)}, offsets {offsets}>"

    def expand(self, n: int) -> "Condition":
        """A condition of n samples: an embedding for all becomes n rows that share their memory."""
        return self._each(lambda part: part.expand(n, -1))  # (dim,), (1, dim) or (n, dim) -> (n, dim)

    def to(self, device: torch.device) -> "Condition":
        """A copy on a device, or itself where it is there already."""
        return self._each(lambda part: part.to(device))

    def split(self, sizes: Sequence[int]) -> list["Condition"]:
        """The conditions of consecutive samples.

        Args:
            sizes: how many samples each part has; they add up to all samples.

        Returns:
            One part a size, in order.
        """
        whole = self.expand(sum(sizes))
        embeddings = whole.embedding.split(list(sizes))
        offsets = [None] * len(sizes) if whole.offsets is None else whole.offsets.split(list(sizes))
        return [Condition(*parts) for parts in zip(embeddings, offsets, strict=True)]

    def part(self, first: int, last: int) -> "Condition":
        """The condition of samples first .. last - 1; it has an embedding a sample."""
        return self._each(lambda part: part[first:last])

    def lerp(self, other: "Condition", share: float) -> "Condition":
        """Linear interpolation; offsets that one of the two lacks are 0 there.

        Args:
            other: of the same generator.
            share: 0 is this condition, 1 the other.

        Returns:
            The condition between them.
        """
        embedding = torch.lerp(self.embedding, other.embedding, share)
        given = other.offsets if self.offsets is None else self.offsets
        if given is None:
            return Condition(embedding)
        mine, theirs = (torch.zeros_like(given) if each is None else each for each in (self.offsets, other.offsets))
        return Condition(embedding, torch.lerp(mine, theirs, share))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Condition":
        return Condition(change(self.embedding), None if self.offsets is None else change(self.offsets))
