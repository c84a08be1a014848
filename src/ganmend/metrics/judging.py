"""Samples of an edit as a judge sees them."""

import torch
from torch import Tensor

from ganmend.edits.file import ClassEmbedding
from ganmend.edits.sampling import draw
from ganmend.models.biggan.model import Generator
from ganmend.targets.classifier import Classifier


@torch.no_grad()
def draw_and_judge(
    generator: Generator, embedding: ClassEmbedding, judge: Classifier, n: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Images (n, 3, H, W), the judge's logits (n, C) and features (n, F), all on the CPU."""
    parts = [(images, *judge.logits_and_features(images)) for images in draw(generator, embedding, n, seed)]
    images, logits, features = (torch.cat(column).cpu() for column in zip(*parts, strict=True))
    return images, logits, features
