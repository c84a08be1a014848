"""What a diagnosis writes: contact sheets with a row of samples a class, and a page that sorts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ganmend.edits.class_edit import class_row
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.report.diagnosis_page import DiagnosedClass, render_diagnosis
from ganmend.report.grids import SMALLEST_TILE, image_grid
from ganmend.report.labels import annotated
from ganmend.report.tiles import strip, tiles
from ganmend.workbench.diagnosis import Diagnosis
from ganmend.workbench.marks import ClassDiagnosis
from ganmend.workbench.pictures import drawn_images
from ganmend.workbench.samples import Samples
from ganmend.workbench.workbench import Workbench

SHEET, PAGE = "contact_sheet", "report.html"
COLUMNS, ON_PAGE = 10, 4  # samples of a class, on a sheet and on the page
PIXELS_DOWN = 50 * SMALLEST_TILE  # of a sheet: 50 classes of small images


def write_diagnosis(
    folder: Path,
    workbench: Workbench,
    diagnosis: Diagnosis,
    classes: Sequence[ClassDiagnosis],
    *,
    seed: int,
    title: str,
    facts: Mapping[str, object],
    on_progress: OnProgress = ignore,
) -> None:
    """Draw samples of each class once, and show them on contact sheets and on a page.

    Args:
        folder: that is there and empty.
        workbench: that draws.
        diagnosis: its rule and notes.
        classes: those that are shown, in order.
        seed: of the latents.
        title: of the page.
        facts: by name, how it was made.
        on_progress: called after each sheet, stage 'drawing'.
    """
    rows: list[DiagnosedClass] = []
    sheets = sheets_of(classes, workbench.generator.resolution)
    for number, shown in enumerate(sheets, 1):
        edits = [class_row(workbench.generator, entry.index) for entry in shown]
        drawn = [drawn_images(workbench, edit, Samples.first(COLUMNS, seed), range(COLUMNS)) for edit in edits]
        names = [f"{entry.index} {entry.name} {entry.mark}".strip() for entry in shown]
        sheet = annotated(image_grid(torch.cat(drawn), COLUMNS), names)
        sheet.save(folder / sheet_name(number, len(sheets)))
        rows += [_row(entry, images) for entry, images in zip(shown, drawn, strict=True)]
        on_progress(Progress("drawing", len(rows), len(classes)))
    (folder / PAGE).write_text(render_diagnosis(title, rows, diagnosis.rule, diagnosis.notes, facts), "utf-8")


def sheets_of(classes: Sequence[ClassDiagnosis], resolution: int) -> list[Sequence[ClassDiagnosis]]:
    """The classes of each sheet, as many as a screen shows when it is scrolled a few times.

    Args:
        classes: in order.
        resolution: of the generator, in pixels.

    Returns:
        One part a sheet, all but the last equally long.
    """
    fit = max(1, PIXELS_DOWN // max(resolution, SMALLEST_TILE))
    return [classes[begin : begin + fit] for begin in range(0, len(classes), fit)]


def sheet_name(number: int, sheets: int) -> str:
    """The file of a sheet, counted from 1: contact_sheet.png where there is only one, else with its number."""
    return f"{SHEET}.png" if sheets == 1 else f"{SHEET}_{number:0{len(str(sheets))}d}.png"


def _row(entry: ClassDiagnosis, images: Tensor) -> DiagnosedClass:
    small = tiles(images, ON_PAGE)
    for picture in small:
        picture.thumbnail((SMALLEST_TILE, SMALLEST_TILE))
    return DiagnosedClass(entry.index, entry.name, entry.mark, entry.severity, entry.verdict, strip(small))
