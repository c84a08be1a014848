"""Images of many latents in bounded memory."""

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ganmend.generator.cost import drawing_bytes, gradient_bytes
from ganmend.generator.model import Generator

DRAWING_MEMORY = 1 << 29  # bytes; larger batches are no faster
GIGABYTE = 10**9


def images_at_once(generator: Generator) -> int:
    """How many images to draw at a time where no gradient is wanted."""
    return max(1, DRAWING_MEMORY // drawing_bytes(generator.architecture, generator.width))


def images_with_gradient(generator: Generator, memory: float) -> int:
    """How many images' features fit into `memory` gigabytes, at least one."""
    return max(1, int(memory * GIGABYTE / gradient_bytes(generator.architecture, generator.width)))


def in_batches(generator: Generator, z: Tensor, embeddings: Tensor, memory: float = 0.0) -> Tensor:
    """`generator(z, embeddings)` some images at a time.

    Args:
        generator: G.
        z: (N, dim_z).
        embeddings: (N, dim_embedding).
        memory: gigabytes for what the gradient needs; 0 is no limit. Where it is too small for N images, each batch is
            drawn again on the way back: a third more time (Chen et al. 2016, gradient checkpointing).
    """
    if not torch.is_grad_enabled():
        n = images_at_once(generator)
        return torch.cat([generator(*part) for part in zip(z.split(n), embeddings.split(n), strict=True)])
    if not memory or (n := images_with_gradient(generator, memory)) >= len(z):
        return generator(z, embeddings)
    return torch.cat(
        [
            checkpoint(generator, *part, use_reentrant=False, preserve_rng_state=False)
            for part in zip(z.split(n), embeddings.split(n), strict=True)
        ]
    )
