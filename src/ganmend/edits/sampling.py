"""Drawing images of a class in batches, the same whatever the batch size."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ganmend.edits.file import ClassEmbedding
from ganmend.models.batches import images_at_once
from ganmend.models.biggan.model import Generator
from ganmend.models.latents import sample_latents

BATCH = 100


@torch.no_grad()
def draw(
    generator: Generator, embedding: ClassEmbedding, n: int, seed: int, *, truncation: float | None = None
) -> Iterator[Tensor]:
    """Images of samples 0 .. n - 1 of the seed, in batches (at most BATCH, 3, H, W) in [-1, 1]."""
    truncation = generator.truncation if truncation is None else truncation
    batch = min(BATCH, images_at_once(generator))
    for start in range(0, n, batch):
        count = min(batch, n - start)
        z = sample_latents(seed, count, generator.dim_z, start=start, truncation=truncation)
        fed, conditions = embedding.map_latents(z), embedding.conditions(count, start)
        yield generator(fed.to(generator.device), conditions.to(generator.device))


def class_row(generator: Generator, index: int) -> ClassEmbedding:
    """The generator's own embedding of class `index`."""
    return ClassEmbedding(
        generator.class_embeddings[index : index + 1].cpu(), None, generator.fingerprint, generator.class_names[index]
    )
