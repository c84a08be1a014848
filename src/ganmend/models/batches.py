"""Images of many latents in bounded memory."""

import torch
from torch import Tensor

from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator

DRAWING_MEMORY = 1 << 29  # bytes; larger batches are no faster


def images_at_once(generator: Generator) -> int:
    """How many images to draw at a time where no gradient is wanted."""
    return max(1, DRAWING_MEMORY // generator.drawing_bytes)


@torch.no_grad()
def in_batches(generator: Generator, z: Tensor, condition: Condition) -> Tensor:
    """`generator(z, condition)` some images at a time, without gradient.

    Args:
        generator: G.
        z: (N, dim_z).
        condition: of the N samples.

    Returns:
        (N, 3, resolution, resolution).
    """
    parts = z.split(images_at_once(generator))
    conditions = condition.split([len(part) for part in parts])
    return torch.cat([generator(*part) for part in zip(parts, conditions, strict=True)])
