"""Drawing images of a class in batches, the same whatever the batch size."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ganmend.classifier import Classifier
from ganmend.embedding import ClassEmbedding
from ganmend.generator import Generator, images_at_once, sample_latents

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


@torch.no_grad()
def draw_and_judge(
    generator: Generator, embedding: ClassEmbedding, judge: Classifier, n: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Images (n, 3, H, W), the judge's logits (n, C) and features (n, F), all on the CPU."""
    parts = [(images, *judge.logits_and_features(images)) for images in draw(generator, embedding, n, seed)]
    images, logits, features = (torch.cat(column).cpu() for column in zip(*parts, strict=True))
    return images, logits, features
