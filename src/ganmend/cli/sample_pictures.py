"""What `ganmend sample` draws into one picture or film: grids, walks, sweeps of truncations, and sheets of classes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ganmend.cli.answers import Answer
from ganmend.cli.console import progress_bar
from ganmend.cli.drawn import Drawn, all_drawn, facts_of, shown_class
from ganmend.cli.options import DrawingOptions
from ganmend.cli.sample_options import SampleOptions, parse_seeds, parse_truncations
from ganmend.errors import OutputError

if TYPE_CHECKING:
    from PIL.Image import Image

    from ganmend.progress import OnProgress
    from ganmend.workbench.samples import Samples
    from ganmend.workbench.walk_pictures import WalkPictures
    from ganmend.workbench.workbench import Workbench

Chosen = Mapping[str, Mapping[int, float]]


def draw_picture(
    out: Path, kind: str, bench: "Workbench", drawn: list[Drawn], end: Drawn | None, samples: "Samples | None",
    surest: Chosen | None, options: SampleOptions, facts: Answer, *, force: bool,
) -> None:  # fmt: skip
    """Draw one picture: a walk, or a grid of samples.

    Args:
        out: of the file.
        kind: of the picture.
        bench: that draws.
        drawn: what is drawn.
        end: where walks end, or None.
        samples: of each; None of a walk.
        surest: by label the samples that are shown, the surest first; None shows all.
        options: as they were typed.
        facts: for the metadata.
        force: accept an edit found for another generator of the same widths.
    """
    from ganmend.report.labels import annotated
    from ganmend.report.picture_file import MOVING
    from ganmend.workbench.pictures import sample_grid

    names, n = _names(drawn), options.n
    if samples is not None:
        n = len(samples.numbers) if surest is None else len(surest[drawn[0].label])
    _check_size(kind, bench, drawn, n, options)
    with progress_bar(str(out)) as show:
        if samples is not None:
            wanted = None if surest is None else [list(surest[each.label]) for each in drawn]
            grid = sample_grid(bench, [each.edit for each in drawn], samples, force=force, wanted=wanted)
            alone = len(names) == 1  # a square under its name
            frames = [annotated(grid, () if alone else names, names if alone else ()) if options.labels else grid]
        else:
            walk = _walk(bench, drawn, end, options, show, force=force)
            walk = walk if options.labels else walk.without_labels()
            frames = walk.frames() if f".{kind.lower()}" in MOVING else [walk.still()]
    shown: Answer = {"classes": [shown_class(each) for each in drawn], "to": shown_class(end), "samples": n}
    if options.seeds:
        shown["seeds"] = options.seeds
    _save(out, kind, frames, facts | shown)


def _walk(
    bench: "Workbench",
    drawn: list[Drawn],
    end: Drawn | None,
    options: SampleOptions,
    show: "OnProgress",
    *,
    force: bool,
) -> "WalkPictures":
    from ganmend.workbench.walk_pictures import walk_through_classes, walk_through_latents, walk_to

    edits, names = [each.edit for each in drawn], _names([*drawn, *([] if end is None else [end])])
    if end is not None:
        return walk_to(
            bench, edits, names[:-1], end.edit, names[-1], options.n, options.seed, force=force, on_progress=show
        )
    if options.walk == "classes":
        return walk_through_classes(bench, edits, names, options.n, options.seed, show)
    return walk_through_latents(bench, edits, names, parse_seeds(options.seeds), options.n, show)


def _check_size(kind: str, bench: "Workbench", drawn: list[Drawn], n: int, options: SampleOptions) -> None:
    """Refuse a picture that is too large, before it is drawn."""
    from ganmend.report.grids import grid_size
    from ganmend.report.labels import annotated_margins
    from ganmend.report.picture_file import MOVING, check_size
    from ganmend.workbench.pictures import grid_columns
    from ganmend.workbench.walk_pictures import WALK_ROWS

    latents = 1 if options.walk == "latents" else WALK_ROWS
    rows = latents * (1 if options.walk == "classes" else len(drawn))
    stops = {"latents": len(parse_seeds(options.seeds)) if options.seeds else 0, "classes": len(drawn)}
    steps = (stops[options.walk] - 1) * (n - 1) + 1 if options.walk else n
    if not options.moving:
        tiles, columns = len(drawn) * n, grid_columns(len(drawn), n)
    else:
        tiles, columns = (rows, latents) if f".{kind.lower()}" in MOVING else (rows * steps, steps)
    left, top = annotated_margins(_names(drawn), [""]) if options.labels else (0, 0)
    width, height = grid_size(tiles, bench.generator.resolution, columns)
    check_size(kind, width + left, height + top)


def draw_sweep(
    out: Path, kind: str, source: DrawingOptions, what: Sequence[str], samples: "Samples", options: SampleOptions, *,
    force: bool,
) -> "tuple[list[Drawn], Workbench]":  # fmt: skip
    """Draw one picture with a row for each class and truncation, on the same latents.

    Each row is what --truncation draws: the generator is loaded anew, since some files hold other statistics for each.

    Args:
        out: of the file.
        kind: of the picture.
        source: of the generator.
        what: classes and files that were typed.
        samples: of each row.
        options: as they were typed.
        force: accept an edit found for another generator of the same widths.

    Returns:
        What is drawn, and the last workbench.
    """
    import torch

    from ganmend.report.grids import grid_size, image_grid
    from ganmend.report.labels import MOST_MARGIN, annotated
    from ganmend.report.picture_file import check_size
    from ganmend.workbench.pictures import drawn_images
    from ganmend.workbench.workbench import Workbench

    truncations, columns = parse_truncations(options.truncations), len(samples.numbers)
    rows: dict[tuple[int, float], torch.Tensor] = {}
    with progress_bar(str(out)):
        for truncation in truncations:
            loaded = replace(source.source(), truncation=truncation)
            bench = Workbench(loaded, precision=source.precision, edits=what)
            drawn = all_drawn(bench, what, force=force)
            width, height = grid_size(len(drawn) * len(truncations) * columns, bench.generator.resolution, columns)
            check_size(kind, width + MOST_MARGIN, height)
            for place, each in enumerate(drawn):
                rows[place, truncation] = drawn_images(bench, each.edit, samples, samples.numbers, force=force)
    order = [(place, truncation) for place in range(len(drawn)) for truncation in truncations]
    names = _names(drawn)
    labels = [f"{names[place]} {truncation:g}" for place, truncation in order]
    picture = annotated(image_grid(torch.cat([rows[row] for row in order]), columns), labels)
    shown: Answer = {"classes": [shown_class(each) for each in drawn], "truncations": truncations, "samples": columns}
    if options.seeds:
        shown["seeds"] = options.seeds
    _save(out, kind, [picture], facts_of(bench, options.seed) | shown)
    return drawn, bench


def write_sheets(
    out: Path, bench: "Workbench", drawn: list[Drawn], samples: "Samples", surest: Chosen | None, facts: Answer, *,
    overwrite: bool, force: bool,
) -> None:  # fmt: skip
    """Write a folder with one picture for each class, its samples in a square under the class's name.

    Args:
        out: the folder.
        bench: that draws.
        drawn: what is drawn.
        samples: of each.
        surest: by label the samples that are shown, the surest first; None shows all.
        facts: for the metadata.
        overwrite: replace what stands there.
        force: accept an edit found for another generator of the same widths.
    """
    from ganmend.files.directories import write_directory
    from ganmend.files.paths import file_name
    from ganmend.report.grids import LABEL_HEIGHT, grid_size
    from ganmend.report.labels import annotated
    from ganmend.report.picture_file import check_size, save_picture
    from ganmend.workbench.pictures import grid_columns, sample_grid

    n = len(samples.numbers) if surest is None else len(surest[drawn[0].label])
    width, height = grid_size(n, bench.generator.resolution, grid_columns(1, n))
    check_size("PNG", width, height + LABEL_HEIGHT)

    def fill(folder: Path) -> None:
        for each in drawn:
            wanted = None if surest is None else [list(surest[each.label])]
            grid = sample_grid(bench, [each.edit], samples, force=force, wanted=wanted)
            shown: Answer = {"class": each.name, "index": each.index, "samples": n}
            place = folder / f"{file_name(each.label)}.png"
            save_picture(place, "PNG", [annotated(grid, (), _names([each]))], facts | shown, at_once=False)

    write_directory(out, fill, overwrite=overwrite)


def _names(drawn: Sequence[Drawn]) -> list[str]:
    """What is written beside each: the name of its class, else what was typed; both where several show one class."""
    names = [each.name or each.label for each in drawn]
    return [
        name if names.count(name) == 1 or name == each.label else f"{name}, {each.label}"
        for name, each in zip(names, drawn, strict=True)
    ]


def _save(out: Path, kind: str, frames: "list[Image]", facts: Answer) -> None:
    from ganmend.report.picture_file import save_picture

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {out.parent}: {error.strerror}; give another --out") from error
    save_picture(out, kind, frames, facts)
