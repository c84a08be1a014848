"""Pictures of many samples, and folders of them, as a workbench draws them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.progress import OnProgress, ignore
from ganmend.report.grids import image_grid
from ganmend.workbench.workbench import Workbench

DIGITS = 5  # of a sample's number in its file name, at least


def contact_sheet(workbench: Workbench, indices: Sequence[int], columns: int, seed: int) -> Image.Image:
    """A row of samples for each class of the generator, in the order of `indices`."""
    edits = [class_row(workbench.generator, index) for index in indices]
    return sample_grid(workbench, edits, columns, seed, columns=columns)


def sample_grid(
    workbench: Workbench, edits: Sequence[ClassEdit], n: int, seed: int, *, columns: int = 0, force: bool = False
) -> Image.Image:
    """n samples of each edit in one picture.

    Args:
        workbench: that draws.
        edits: one after the other.
        n: samples of each.
        seed: of their latents, the same for all.
        columns: of the picture; 0 gives each of several edits a row, and a single one a square.
        force: accept edits found for another generator of the same widths.

    Returns:
        The picture.
    """
    images = [torch.cat(list(workbench.sample(edit, n, seed=seed, force=force))) for edit in edits]
    return image_grid(torch.cat(images), columns or (n if len(edits) > 1 else round(n**0.5)))


def write_image_folder(
    folder: Path,
    workbench: Workbench,
    edits: Mapping[str, ClassEdit],
    n: int,
    seed: int,
    *,
    force: bool = False,
    on_progress: OnProgress = ignore,
) -> None:
    """An ImageFolder: for each label a folder with n samples, one PNG each.

    Args:
        folder: that the labels' folders go into.
        workbench: that draws.
        edits: by label.
        n: samples of each.
        seed: of their latents, the same for all.
        force: accept edits found for another generator of the same widths.
        on_progress: called after each batch, stage 'drawing'.
    """
    from torchvision.transforms.functional import to_pil_image

    digits = max(DIGITS, len(str(n - 1)))
    for label, edit in edits.items():
        target = folder / label.replace("/", "_")
        target.mkdir()
        index = 0
        for batch in workbench.sample(edit, n, seed=seed, force=force, on_progress=on_progress):
            for image in (batch + 1) / 2:
                to_pil_image(image).save(target / f"{index:0{digits}d}.png")
                index += 1
