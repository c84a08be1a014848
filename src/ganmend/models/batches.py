"""Images of many latents in bounded memory."""

import math
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ganmend.models.biggan.cost import drawing_bytes, gradient_bytes
from ganmend.models.biggan.model import Generator

DRAWING_MEMORY = 1 << 29  # bytes; larger batches are no faster
GIGABYTE = 10**9
FREE_SHARE = 0.8  # of the free memory, for a gradient
MEMINFO = Path("/proc/meminfo")


def images_at_once(generator: Generator) -> int:
    """How many images to draw at a time where no gradient is wanted."""
    return max(1, DRAWING_MEMORY // drawing_bytes(generator.architecture, generator.width))


def memory_for_gradients(device: torch.device) -> float:
    """Gigabytes that the gradient's features may take on a device as it is now; infinity where nothing tells."""
    if device.type == "cuda":
        return FREE_SHARE * torch.cuda.mem_get_info(device)[0] / GIGABYTE
    if not MEMINFO.is_file():
        return math.inf
    fields = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
    return FREE_SHARE * int(fields["MemAvailable"].split()[0]) * 1024 / GIGABYTE


def in_batches(generator: Generator, z: Tensor, embeddings: Tensor, memory: float = math.inf) -> Tensor:
    """`generator(z, embeddings)` some images at a time.

    Args:
        generator: G.
        z: (N, dim_z).
        embeddings: (N, dim_embedding).
        memory: gigabytes for what the gradient needs. Where it is too small for N images, each batch is drawn again on
            the way back: a third more time (Chen et al. 2016, gradient checkpointing).
    """
    if not torch.is_grad_enabled():
        n = images_at_once(generator)
        return torch.cat([generator(*part) for part in zip(z.split(n), embeddings.split(n), strict=True)])
    image = gradient_bytes(generator.architecture, generator.width) / GIGABYTE
    if len(z) * image <= memory:
        result: Tensor = generator(z, embeddings)
        return result
    parts = min(len(z), math.ceil(len(z) * image / memory))
    return torch.cat(
        [
            checkpoint(generator, *part, use_reentrant=False, preserve_rng_state=False)
            for part in zip(z.tensor_split(parts), embeddings.tensor_split(parts), strict=True)
        ]
    )
