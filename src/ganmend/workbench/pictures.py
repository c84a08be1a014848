"""Pictures of many samples, and folders of them, as a workbench draws them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit
from ganmend.files.paths import file_name
from ganmend.files.writing import told_of
from ganmend.progress import OnProgress, ignore
from ganmend.report.grids import image_grid
from ganmend.report.picture_file import Facts, is_whole_png, save_picture
from ganmend.workbench.samples import Samples, eight_bit
from ganmend.workbench.workbench import Workbench

DIGITS = 5  # of a sample's number in its file name, at least


def sample_grid(
    workbench: Workbench, edits: Sequence[ClassEdit], samples: Samples, *, columns: int = 0, force: bool = False,
    wanted: Sequence[Sequence[int]] | None = None,
) -> Image.Image:  # fmt: skip
    """Samples of each edit in one picture.

    Args:
        workbench: that draws.
        edits: one after the other.
        samples: the same of all.
        columns: of the picture; 0 gives each of several edits a row, and a single one a square.
        force: accept edits found for another generator of the same widths.
        wanted: of each edit the numbers of the samples that are shown, in their order; None shows all.

    Returns:
        The picture.
    """
    numbers = [samples.numbers] * len(edits) if wanted is None else wanted
    images = torch.cat(
        [drawn_images(workbench, edit, samples, these, force=force) for edit, these in zip(edits, numbers, strict=True)]
    )
    return image_grid(images, columns or grid_columns(len(edits), len(images) // len(edits)))


def drawn_images(
    workbench: Workbench, edit: ClassEdit, samples: Samples, numbers: Sequence[int], *, force: bool = False
) -> Tensor:
    """Some samples of an edit (N, 3, H, W) in [-1, 1] on the CPU, in the order of their numbers as given."""
    drawn = {number: image.cpu() for number, image in samples.draw(workbench, edit, set(numbers), force=force)}
    return torch.stack([drawn[number] for number in numbers])


def grid_columns(edits: int, n: int) -> int:
    """Columns of a grid of n samples of each edit: several edits get a row each, and a single one a square."""
    return n if edits > 1 else round(n**0.5)


def write_image_folder(
    folder: Path,
    workbench: Workbench,
    edits: Mapping[str, ClassEdit],
    samples: Samples,
    *,
    chosen: Mapping[str, Mapping[int, float]] | None = None,
    force: bool = False,
    facts: Mapping[str, Facts] | None = None,
    on_progress: OnProgress = ignore,
) -> None:
    """An ImageFolder: for each label a folder with its samples, one PNG each; what is there is not drawn again.

    Args:
        folder: that the labels' folders go into.
        workbench: that draws.
        edits: by label.
        samples: of each.
        chosen: by label the numbers of the samples that are written, with a judge's probability; None writes all.
        force: accept edits found for another generator of the same widths.
        facts: by label, for the pictures' metadata; each also gets 'sample', its number, and its probability.
        on_progress: called after each batch, stage 'drawing'.
    """
    for label, edit in edits.items():
        write_samples(
            folder / file_name(label), workbench, edit, samples, None if chosen is None else chosen[label],
            force=force, facts=(facts or {}).get(label, {}), on_progress=on_progress,
        )  # fmt: skip


def write_samples(
    folder: Path,
    workbench: Workbench,
    edit: ClassEdit,
    samples: Samples,
    chosen: Mapping[int, float] | None = None,
    *,
    force: bool = False,
    facts: Facts,
    on_progress: OnProgress = ignore,
) -> None:
    """The samples of one edit, one PNG each; what is there whole is not drawn again. They may not be on the disk yet.

    Args:
        folder: that they go into; made where it is missing.
        workbench: that draws.
        edit: of the class.
        samples: of which are written
        chosen: these numbers, each with a judge's probability; None writes all.
        force: accept an edit found for another generator of the same widths.
        facts: for the pictures' metadata; each also gets 'sample', its number, and its probability.
        on_progress: called after each batch, stage 'drawing'.
    """
    with told_of(folder):
        folder.mkdir(exist_ok=True)
    paths = sample_paths(folder, samples.numbers if chosen is None else chosen)
    missing = {number for number, path in paths.items() if not is_whole_png(path)}
    for number, image in samples.draw(workbench, edit, missing, force=force, on_progress=on_progress):
        surely = {} if chosen is None else {"probability": chosen[number]}
        _write(paths[number], image, {**facts, **samples.facts(number), **surely})


def sample_paths(folder: Path, numbers: Iterable[int]) -> dict[int, Path]:
    """The file of each sample in a folder, by number; names are equally long, so that they sort."""
    listed = sorted(numbers)
    digits = max(DIGITS, len(str(listed[-1])))
    return {number: folder / f"{number:0{digits}d}.png" for number in listed}


def _write(path: Path, image: Tensor, facts: Facts) -> None:
    """A sample (3, H, W) as a PNG, one of many: whoever writes them brings them to the disk."""
    from torchvision.transforms.functional import to_pil_image

    save_picture(path, "PNG", [to_pil_image(eight_bit(image).cpu())], facts, at_once=False)
