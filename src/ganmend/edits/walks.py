"""Walks: from one class or edit to another on the same latents, and from latent to latent within one."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import check_drawn, images_of, seed_latent
from ganmend.models.batches import in_batches
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore


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
        check_drawn(columns[-1], first)
        on_progress(Progress("drawing", len(columns), steps))
    return torch.stack(columns, 1).flatten(0, 1)  # (rows, steps, 3, H, W) -> (rows * steps, 3, H, W)


def class_walk(
    generator: Generator,
    edits: Sequence[ClassEdit],
    steps: int,
    seed: int,
    *,
    rows: int = 4,
    on_progress: OnProgress = ignore,
) -> Tensor:
    """Images on the way through several edits, one after another: `walk` from each to the next.

    Args:
        generator: that draws.
        edits: two or more, the stops.
        steps: images from a stop to the next, both included.
        seed: of the rows' latents.
        rows: how many latents.
        on_progress: called after each step, stage 'drawing'.

    Returns:
        (rows * columns, 3, H, W), row by row, with columns = (stops - 1) * (steps - 1) + 1.

    Raises:
        DrawingError: an image is NaN.
    """
    ways = [
        walk(generator, first, last, steps, seed, rows=rows, on_progress=on_progress).unflatten(0, (rows, steps))
        for first, last in pairwise(edits)
    ]
    # A stop between two ways ends the one and begins the other, and is shown once.
    return torch.cat([ways[0], *(way[:, 1:] for way in ways[1:])], 1).flatten(0, 1)  # (rows, columns, 3, H, W) -> ...


@torch.no_grad()
def latent_walk(
    generator: Generator, edit: ClassEdit, seeds: Sequence[int], steps: int, *, on_progress: OnProgress = ignore
) -> Tensor:
    """Images of one edit on the way from latent to latent, along the sphere.

    A straight way between two normal latents of many dimensions leads past points that are shorter than any sample is;
    the spherical one (Shoemake 1985; White 2016, arXiv:1609.04468) keeps their length.

    Args:
        generator: that draws.
        edit: of the class; between seeds that take different ones of its vectors it is interpolated too.
        seeds: two or more, the stops: each shows what `draw_seed` draws.
        steps: images from a stop to the next, both included.
        on_progress: called after each image, stage 'drawing'.

    Returns:
        ((stops - 1) * (steps - 1) + 1, 3, H, W) in [-1, 1].

    Raises:
        DrawingError: an image is NaN.
    """
    images: list[Tensor] = []
    total = (len(seeds) - 1) * (steps - 1) + 1
    for first, last in pairwise(seeds):
        (z, start), (to_z, end) = ((seed_latent(generator, seed), seed) for seed in (first, last))
        from_condition, to_condition = edit.condition(z, start)[1], edit.condition(to_z, end)[1]
        # The stop at which the way before ended is not drawn again.
        for share in torch.linspace(0, 1, steps).tolist()[1 if images else 0 :]:
            fed, _ = edit.condition(slerp(z, to_z, share))
            images.append(images_of(generator, edit, fed, from_condition.lerp(to_condition, share)))
            on_progress(Progress("drawing", len(images), total))
    return torch.cat(images)


def slerp(first: Tensor, last: Tensor, share: float) -> Tensor:
    """Spherical interpolation, row by row: by the angle between the two, with their lengths in proportion.

    Args:
        first: (N, dim).
        last: likewise.
        share: 0 is `first`, 1 is `last`.

    Returns:
        (N, dim); where the two have one direction, or opposite ones, straight between them.
    """
    cosine = torch.nn.functional.cosine_similarity(first.double(), last.double(), -1).clamp(-1, 1)[:, None]
    angle, sine = cosine.arccos(), (1 - cosine**2).sqrt()
    ahead, left = (share * angle).sin() / sine, ((1 - share) * angle).sin() / sine
    straight = sine < 1e-6  # where the formula divides by nearly nothing
    ahead, left = torch.where(straight, share, ahead), torch.where(straight, 1 - share, left)
    return (left * first + ahead * last).to(first.dtype)
