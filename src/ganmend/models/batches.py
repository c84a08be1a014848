"""Images of many latents in bounded memory."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator

DRAWING_MEMORY = 1 << 29  # bytes; larger batches are no faster
GIGABYTE = 10**9
FREE_SHARE = 0.8  # of the free memory, for a gradient
MEMINFO = Path("/proc/meminfo")


def images_at_once(generator: Generator) -> int:
    """How many images to draw at a time where no gradient is wanted."""
    return max(1, DRAWING_MEMORY // generator.drawing_bytes)


def memory_for_gradients(device: torch.device) -> float:
    """Gigabytes that the gradient's features may take on a device as it is now; infinity where nothing tells."""
    if device.type == "cuda":
        return FREE_SHARE * torch.cuda.mem_get_info(device)[0] / GIGABYTE
    if not MEMINFO.is_file():
        return math.inf
    fields = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
    return FREE_SHARE * int(fields["MemAvailable"].split()[0]) * 1024 / GIGABYTE


def in_batches(generator: Generator, z: Tensor, condition: Condition, memory: float = math.inf) -> Tensor:
    """`generator(z, condition)` some images at a time.

    Args:
        generator: G.
        z: (N, dim_z).
        condition: of the N samples.
        memory: gigabytes for what the gradient needs. Where it is too small for N images, each batch is drawn again on
            the way back: a third more time (Chen et al. 2016, gradient checkpointing).

    Returns:
        (N, 3, resolution, resolution).
    """
    if not torch.is_grad_enabled():
        n = images_at_once(generator)
        return torch.cat([generator(*part) for part in _parts(z, condition, [len(rows) for rows in z.split(n)])])
    image = generator.gradient_bytes / GIGABYTE
    if len(z) * image <= memory:
        images: Tensor = generator(z, condition)
        return images
    count = min(len(z), math.ceil(len(z) * image / memory))
    sizes = [len(rows) for rows in z.tensor_split(count)]
    return torch.cat([_drawn_again(generator, *part) for part in _parts(z, condition, sizes)])


def _parts(z: Tensor, condition: Condition, sizes: list[int]) -> Iterator[tuple[Tensor, Condition]]:
    return zip(z.split(sizes), condition.split(sizes), strict=True)


def _drawn_again(generator: Generator, z: Tensor, condition: Condition) -> Tensor:
    """`generator(z, condition)`, its features not kept but computed again for the gradient."""

    def draw(z: Tensor, embedding: Tensor, offsets: Tensor | None) -> Tensor:
        images: Tensor = generator(z, Condition(embedding, offsets))
        return images

    images: Tensor = checkpoint(
        draw, z, condition.embedding, condition.offsets, use_reentrant=False, preserve_rng_state=False
    )
    return images
