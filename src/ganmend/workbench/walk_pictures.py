"""Walks as pictures: a row for each way in one, or a frame for each step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from PIL import Image
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.walks import class_walk, latent_walk
from ganmend.progress import OnProgress, ignore
from ganmend.report.grids import image_grid
from ganmend.report.labels import annotated
from ganmend.workbench.workbench import Workbench

WALK_ROWS = 4  # latents of a walk between classes


@dataclass(frozen=True)
class WalkPictures:
    """The images of a walk, with what can be written beside them.

    Attributes:
        images: (ways, latents, steps, 3, H, W) in [-1, 1].
        ways: what each way shows, or () where there is one only.
        steps: what each step shows, or () where that differs from way to way.
        stops: how many steps from one stop to the next; of the steps only stops are labelled in a still picture.
    """

    images: Tensor
    ways: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    stops: int = 1

    def still(self) -> Image.Image:
        """One picture, from left to right: a row for each way and latent."""
        at_stops = [label if place % self.stops == 0 else "" for place, label in enumerate(self.steps)]
        return annotated(image_grid(self.images.flatten(0, 2), columns=self.images.shape[2]), self.ways, at_stops)

    def frames(self) -> list[Image.Image]:
        """A picture for each step: a row for each way, a column for each latent."""
        by_step = self.images.movedim(2, 0).flatten(1, 2)  # (steps, ways * latents, 3, H, W)
        captions: list[tuple[str, ...]] = [(label,) for label in self.steps] or [()] * len(by_step)
        return [
            annotated(image_grid(step, columns=self.images.shape[1]), self.ways, caption)
            for step, caption in zip(by_step, captions, strict=True)
        ]

    def without_labels(self) -> "WalkPictures":
        """The same images alone."""
        return replace(self, ways=(), steps=())


def walk_to(
    workbench: Workbench, edits: Sequence[ClassEdit], names: Sequence[str], to: ClassEdit, end: str, steps: int,
    seed: int, *, force: bool = False, on_progress: OnProgress = ignore,
) -> WalkPictures:  # fmt: skip
    """The ways from each of several edits to one more, each on the same WALK_ROWS latents.

    Args:
        workbench: that draws.
        edits: where the ways begin.
        names: of their classes.
        to: where all end.
        end: the name of its class.
        steps: pictures of each way, both ends included.
        seed: of the latents.
        force: accept edits found for another generator of the same widths.
        on_progress: called after each step, stage 'drawing'.

    Returns:
        The walk, a way for each edit.
    """
    ways = [
        workbench.walk(edit, to, steps, seed=seed, rows=WALK_ROWS, force=force, on_progress=on_progress).cpu()
        for edit in edits
    ]
    images = torch.stack(ways).unflatten(
        1, (WALK_ROWS, steps)
    )  # (ways, latents * steps, ...) -> (ways, latents, steps, ...)
    return WalkPictures(images, tuple(f"{name} to {end}" for name in names))


def walk_through_classes(
    workbench: Workbench, edits: Sequence[ClassEdit], names: Sequence[str], steps: int, seed: int,
    on_progress: OnProgress = ignore,
) -> WalkPictures:  # fmt: skip
    """The way through several edits in turn, on WALK_ROWS latents.

    Args:
        workbench: that draws.
        edits: the stops, two or more, which fit the generator.
        names: of their classes.
        steps: pictures from a stop to the next, both included.
        seed: of the latents.
        on_progress: called after each step, stage 'drawing'.

    Returns:
        The walk, of one way.
    """
    images = class_walk(workbench.generator, edits, steps, seed, rows=WALK_ROWS, on_progress=on_progress).cpu()
    return WalkPictures(images.unflatten(0, (1, WALK_ROWS, -1)), (), step_labels(names, steps), steps - 1)


def walk_through_latents(
    workbench: Workbench, edits: Sequence[ClassEdit], names: Sequence[str], seeds: Sequence[int], steps: int,
    on_progress: OnProgress = ignore,
) -> WalkPictures:  # fmt: skip
    """The way from seed to seed, of each of several edits.

    Args:
        workbench: that draws.
        edits: which fit the generator.
        names: of their classes.
        seeds: the stops, two or more.
        steps: pictures from a stop to the next, both included.
        on_progress: called after each picture, stage 'drawing'.

    Returns:
        The walk, a way for each edit, of one latent at a time.
    """
    ways = [latent_walk(workbench.generator, edit, seeds, steps, on_progress=on_progress).cpu() for edit in edits]
    labels = step_labels([f"seed {seed}" for seed in seeds], steps)
    return WalkPictures(torch.stack(ways)[:, None], tuple(names), labels, steps - 1)


def step_labels(stops: Sequence[str], steps: int) -> tuple[str, ...]:
    """What each step shows: a stop's name, and between two stops both.

    Args:
        stops: names, two or more.
        steps: from a stop to the next, both included.

    Returns:
        (stops - 1) * (steps - 1) + 1 labels.
    """
    labels = [stops[0]]
    for first, last in pairwise(stops):
        labels += [f"{first} to {last}"] * (steps - 2) + [last]
    return tuple(labels)
