"""Pictures of many samples, and folders of them, as a workbench draws them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import images_a_batch
from ganmend.files.paths import file_name
from ganmend.progress import OnProgress, ignore
from ganmend.report.grids import image_grid
from ganmend.report.picture_file import Facts, save_picture
from ganmend.workbench.workbench import Workbench

WALK_ROWS = 4  # latents of a walk
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
    return image_grid(torch.cat(images), columns or grid_columns(len(edits), n))


def grid_columns(edits: int, n: int) -> int:
    """Columns of a grid of n samples of each edit: several edits get a row each, and a single one a square."""
    return n if edits > 1 else round(n**0.5)


def write_image_folder(
    folder: Path,
    workbench: Workbench,
    edits: Mapping[str, ClassEdit],
    n: int,
    seed: int,
    *,
    force: bool = False,
    facts: Mapping[str, Facts] | None = None,
    on_progress: OnProgress = ignore,
) -> None:
    """An ImageFolder: for each label a folder with n samples, one PNG each; what is there already is not drawn again.

    Args:
        folder: that the labels' folders go into.
        workbench: that draws.
        edits: by label.
        n: samples of each.
        seed: of their latents, the same for all.
        force: accept edits found for another generator of the same widths.
        facts: by label, for the pictures' metadata; each also gets 'sample', its number.
        on_progress: called after each batch, stage 'drawing'.
    """
    digits = max(DIGITS, len(str(n - 1)))
    for label, edit in edits.items():
        target = folder / file_name(label)
        target.mkdir(exist_ok=True)
        paths = [target / f"{index:0{digits}d}.png" for index in range(n)]
        missing = [index for index, path in enumerate(paths) if not path.exists()]
        if missing:
            # Batches begin where they would in an undisturbed run: then every sample is the same to the last bit.
            first = missing[0] - missing[0] % images_a_batch(workbench.generator)
            _write_pictures(
                workbench.sample(edit, n - first, seed=seed, start=first, force=force, on_progress=on_progress),
                paths, first, (facts or {}).get(label, {}),
            )  # fmt: skip


def _write_pictures(batches: Iterator[Tensor], paths: Sequence[Path], first: int, facts: Facts) -> None:
    """Write samples first, first + 1, ... where they are not yet."""
    from torchvision.transforms.functional import to_pil_image

    index = first
    for batch in batches:
        for image in (batch + 1) / 2:
            if not paths[index].exists():
                save_picture(paths[index], "PNG", [to_pil_image(image)], {**facts, "sample": index})
            index += 1


def walk_frames(
    workbench: Workbench,
    edits: Sequence[ClassEdit],
    to: ClassEdit,
    steps: int,
    seed: int,
    *,
    moving: bool,
    force: bool = False,
    on_progress: OnProgress = ignore,
) -> list[Image.Image]:
    """The ways from each of several edits to one more, each on the same WALK_ROWS latents.

    Args:
        workbench: that draws.
        edits: where the ways begin.
        to: where all end.
        steps: pictures of each way, both ends included.
        seed: of the latents.
        moving: a frame for each step, with a row for each edit; or else one picture, with a row for each edit and
            latent, from left to right.
        force: accept edits found for another generator of the same widths.
        on_progress: called after each step, stage 'drawing'.

    Returns:
        The frames.
    """
    walks = [
        workbench.walk(edit, to, steps, seed=seed, rows=WALK_ROWS, force=force, on_progress=on_progress).cpu()
        for edit in edits
    ]
    images = torch.cat(walks)  # (edits * WALK_ROWS * steps, 3, H, W)
    if not moving:
        return [image_grid(images, columns=steps)]
    by_step = images.unflatten(0, (-1, steps)).transpose(0, 1)  # (steps, edits * WALK_ROWS, 3, H, W)
    return [image_grid(step, columns=WALK_ROWS) for step in by_step]
