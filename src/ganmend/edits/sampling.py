"""Drawing images of an edit: the same images whatever the batch size."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import DrawingError
from ganmend.models.batches import images_at_once
from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore

BATCH = 100


def images_a_batch(generator: Generator) -> int:
    """How many images `draw` draws at a time."""
    return min(BATCH, images_at_once(generator))


def draw(
    generator: Generator,
    edit: ClassEdit,
    n: int,
    seed: int,
    *,
    start: int = 0,
    truncation: float | None = None,
    on_progress: OnProgress = ignore,
) -> Iterator[Tensor]:
    """Images of samples start .. start + n - 1 of a seed, batch by batch.

    Args:
        generator: that draws.
        edit: of the class.
        n: how many samples.
        seed: of their latents.
        start: index of the first sample.
        truncation: of the latents; None takes the generator's own.
        on_progress: called after each batch, stage 'drawing'.

    Yields:
        (at most BATCH, 3, H, W) in [-1, 1], on the generator's device.

    Raises:
        DrawingError: an image is NaN.
    """
    truncation = generator.truncation if truncation is None else truncation
    batch = images_a_batch(generator)
    for first in range(start, start + n, batch):
        count = min(batch, start + n - first)
        z = sample_latents(seed, count, generator.dim_z, start=first, truncation=truncation)
        yield images_of(generator, edit, *edit.condition(z, first))
        on_progress(Progress("drawing", first + count - start, n))


def draw_seed(generator: Generator, edit: ClassEdit, seed: int, *, truncation: float | None = None) -> Tensor:
    """The image of a seed: its first sample, drawn alone, so that it is the same to the last bit in whatever list.

    Args:
        generator: that draws.
        edit: of the class; of several vectors the seed takes its turn, as a sample takes it by its index.
        seed: of the latent, at least 0.
        truncation: of the latent; None takes the generator's own.

    Returns:
        (1, 3, H, W) in [-1, 1], on the generator's device.

    Raises:
        DrawingError: the image is NaN.
    """
    return images_of(generator, edit, *edit.condition(seed_latent(generator, seed, truncation), seed))


def seed_latent(generator: Generator, seed: int, truncation: float | None = None) -> Tensor:
    """The latent (1, dim_z) of a seed's first sample; a truncation of None takes the generator's own."""
    truncation = generator.truncation if truncation is None else truncation
    return sample_latents(seed, 1, generator.dim_z, truncation=truncation)


@torch.no_grad()
def images_of(generator: Generator, edit: ClassEdit, fed: Tensor, condition: Condition) -> Tensor:
    """Images of latents under a condition, refused where they are no numbers, which pictures and figures would hide.

    Args:
        generator: that draws.
        edit: that gave the condition, for the message.
        fed: (N, dim_z) latents.
        condition: of the N samples.

    Returns:
        (N, 3, H, W) in [-1, 1], on the generator's device.

    Raises:
        DrawingError: one is NaN.
    """
    images: Tensor = generator(fed.to(generator.device), condition.to(generator.device))
    check_drawn(images, edit)
    return images


def check_drawn(images: Tensor, edit: ClassEdit) -> None:
    """Refuse images that are no numbers.

    Args:
        images: that were drawn.
        edit: of which.

    Raises:
        DrawingError: one is NaN.
    """
    if not images.isfinite().all():
        shown = edit.target or "this embedding"
        raise DrawingError(
            f"the generator draws NaN for {shown!r:.80}: its weights are damaged, or the embedding is too large"
        )
