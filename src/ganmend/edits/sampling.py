"""Drawing images of an edit: the same images whatever the batch size."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import DrawingError
from ganmend.models.batches import images_at_once, in_batches
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
        fed, condition = edit.condition(z, first)
        with torch.no_grad():
            images: Tensor = generator(fed.to(generator.device), condition.to(generator.device))
        _check_drawn(images, edit)
        yield images
        on_progress(Progress("drawing", first + count - start, n))


@torch.no_grad()
def walk(
    generator: Generator,
    first: ClassEdit,
    last: ClassEdit,
    steps: int,
    seed: int,
    *,
    rows: int = 4,
    on_progress: OnProgress = ignore,
) -> Tensor:
    """Images on the straight way from one edit's condition to another's, row by row on the same latents.

    Args:
        generator: that draws.
        first: where each row begins, at its left.
        last: where each row ends.
        steps: images a row.
        seed: of the rows' latents.
        rows: how many latents.
        on_progress: called after each step, stage 'drawing'.

    Returns:
        (rows * steps, 3, H, W), row by row.

    Raises:
        DrawingError: an image is NaN.
    """
    z = sample_latents(seed, rows, generator.dim_z, truncation=generator.truncation)
    (from_z, from_condition), (to_z, to_condition) = first.condition(z), last.condition(z)
    columns = []
    for share in torch.linspace(0, 1, steps).tolist():
        fed, condition = torch.lerp(from_z, to_z, share), from_condition.lerp(to_condition, share)
        columns.append(in_batches(generator, fed.to(generator.device), condition.to(generator.device)))
        _check_drawn(columns[-1], first)
        on_progress(Progress("drawing", len(columns), steps))
    return torch.stack(columns, 1).flatten(0, 1)  # (rows, steps, 3, H, W) -> (rows * steps, 3, H, W)


def _check_drawn(images: Tensor, edit: ClassEdit) -> None:
    """Refuse images that are no numbers, which pictures and figures would hide.

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
