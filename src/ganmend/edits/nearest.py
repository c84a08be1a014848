"""Which classes an embedding lies near."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Neighbour:
    """A row of the class table, with its cosine similarity and Euclidean distance to an embedding."""

    index: int
    cosine: float
    distance: float


def nearest_rows(table: Tensor, vector: Tensor, n: int = 5) -> list[Neighbour]:
    """The n rows of a table (classes, dim) with the highest cosine similarity to a vector (dim,), best first."""
    cosine = F.cosine_similarity(table, vector[None])
    distance = torch.linalg.vector_norm(table - vector, dim=1)
    best = cosine.topk(min(n, len(table))).indices.tolist()
    return [Neighbour(index, cosine[index].item(), distance[index].item()) for index in best]
