"""A search's best so far, as the page shows it while the search runs."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import images_of, seed_latent
from ganmend.files.writing import whole_file
from ganmend.models.protocol import Generator
from ganmend.report.tiles import strip, tiles
from ganmend.search.searched import copied
from ganmend.search.state import Record, SearchState
from ganmend.studio.bench import SHOWN

MOST_RECORDS = 400


def draw_best(state: SearchState, generator: Generator, path: Path) -> None:
    """Draw the best trial's edit on the latents of the page's samples.

    Args:
        state: of the search.
        generator: that is searched.
        path: of the picture: the samples from left to right, see `from_strip`.

    Raises:
        DrawingError: an image is NaN.
        OutputError: it cannot be written.
    """
    best = copied(state.kept.select(int(state.scores.argmax())), generator.device)
    edit = ClassEdit(best.vectors, best.latent_map, best.offsets, best.weights)
    z = torch.cat([seed_latent(generator, seed) for seed in SHOWN])  # (16, dim_z)
    images = images_of(generator, edit, *edit.condition(z.to(generator.device), SHOWN.start))
    picture = strip(tiles(images))
    with whole_file(path, at_once=False) as partial:
        picture.save(partial, format="PNG")


def thinned(history: Sequence[Record], most: int = MOST_RECORDS) -> tuple[Record, ...]:
    """Records of some validations of a long search, the last among them, with all trials of each.

    Args:
        history: one record a validation and trial.
        most: records to keep.

    Returns:
        At most so many; of a single validation with more trials the last ones.
    """
    if len(history) <= most:
        return tuple(history)
    steps = sorted({record["step"] for record in history})
    trials = math.ceil(len(history) / len(steps))
    every = math.ceil(len(steps) / max(1, most // trials))
    kept = set(steps[::-1][::every])
    return tuple(record for record in history if record["step"] in kept)[-most:]
