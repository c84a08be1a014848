"""Which classes an edit lies near."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.models.protocol import Generator


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


def gains_and_biases(generator: Generator, vectors: Tensor) -> Tensor:
    """What embeddings (N, dim_embedding) give all conditional norms, (N, n_offsets), ordered as offsets are."""
    for_each_norm = vectors[:, None].expand(-1, len(generator.conditional_layers), -1)  # (N, norms, dim_embedding)
    return generator.offsets_of(for_each_norm)


@torch.no_grad()
def nearest_by_norms(generator: Generator, edit: EditTensors, n: int = 5) -> list[list[Neighbour]]:
    """The n classes nearest to each vector of an edit, its offsets counted: by all gains and biases.

    Args:
        generator: whose classes are meant.
        edit: that fits it; a latent map is no part of the comparison.
        n: how many, at most as many as there are classes.

    Returns:
        Neighbours of each vector, best first.
    """
    rows = gains_and_biases(generator, generator.class_embeddings)
    if generator.classes_with_offsets is not None and generator.class_offsets is not None:
        rows[generator.classes_with_offsets] += generator.class_offsets
    own = gains_and_biases(generator, edit.vectors.to(generator.device))
    own = own if edit.offsets is None else own + edit.offsets.to(generator.device)
    return [nearest_rows(rows, each, n) for each in own]
