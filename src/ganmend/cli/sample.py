"""ganmend sample: pictures of classes and embeddings."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ganmend.cli.answers import Answer, about_generator, class_in_words
from ganmend.cli.console import doubt_origin, print_json, progress_bar, say, warn
from ganmend.cli.drawn import Drawn, all_drawn, facts_of, request_of, shown_class
from ganmend.cli.options import EMBEDDING_FILE, AsJson, DrawingOptions, Force, Overwrite, Seed, expect
from ganmend.cli.signals import INTERRUPTED, not_now
from ganmend.errors import OutputError

if TYPE_CHECKING:
    from ganmend.workbench.workbench import Workbench


def sample_command(
    source: DrawingOptions,
    what: Annotated[list[str], typer.Argument(metavar="CLASS|FILE...", help=f"Classes; or each {EMBEDDING_FILE}.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="A folder, of one PNG a sample; or one picture, .png, .jpg or .webp; or with --to .gif or .mp4.",
        ),
    ],
    n: Annotated[int, typer.Option("-n", help="Samples of each, or with --to pictures of each way.")] = 16,
    to: Annotated[
        str, typer.Option("--to", help=f"Walk from each to this class, or {EMBEDDING_FILE}; default no walk.")
    ] = "",
    seed: Seed = 0,
    overwrite: Overwrite = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Draw samples: an ImageFolder, or one picture; --to walks from each to another on the same latents."""
    from ganmend.workbench.workbench import Workbench

    expect(n >= 1, f"-n is {n}; expected at least 1 sample")
    expect(not to or n >= 2, f"-n is {n}; a walk has at least 2 pictures, one of each end")
    kind = _kind(out, walk=bool(to))
    _check_out(out, overwrite, picture=bool(kind))
    bench = Workbench(source.source(), precision=source.precision, edits=[*what, to] if to else what)
    drawn = all_drawn(bench, what, force=force)
    end = all_drawn(bench, [to], force=force)[0] if to else None
    complete = True
    facts = facts_of(bench, seed)
    if kind:
        _draw_picture(out, kind, bench, drawn, end, n, seed, facts, force=force)
    else:
        complete = _draw_folder(out, bench, drawn, n, seed, facts, overwrite=overwrite, force=force)
    for each in [*drawn, *([end] if end else [])]:
        doubt_origin(each.typed, each.edit)
    if as_json:
        listed = [
            {"label": each.label, "index": each.index, "name": each.name, "to": shown_class(end)} for each in drawn
        ]
        about = {"generator": about_generator(bench.generator, source.generator), "seed": seed, "n": n}
        print_json({"out": str(out), "drawn": listed, "complete": complete, "command": facts["command"], **about})
    elif complete:
        for each in drawn:
            way = f" to {class_in_words(end.index, end.name)}" if end else ""
            say(f"{each.label}: {class_in_words(each.index, each.name)}{way}")
        say(f"written to {out}")
    if not complete:
        _end_interrupted(out)


def _end_interrupted(out: Path) -> NoReturn:
    warn(f"interrupted: what was drawn is in {out}; the same command goes on from there")
    raise typer.Exit(INTERRUPTED)


def _kind(out: Path, *, walk: bool) -> str:
    """The kind of picture, or '' for a folder: a name without a suffix, or a folder that is there."""
    from ganmend.report.picture_file import picture_kind

    if not walk and (not out.suffix or os.path.isdir(out)):
        return ""
    return picture_kind(out, moving=walk)


def _check_out(out: Path, overwrite: bool, *, picture: bool) -> None:
    """Fail before the generator is loaded; a picture's folder is made where it is missing."""
    from ganmend.files.outputs import check_out
    from ganmend.workbench.sample_folder import interrupted_record

    if picture and not os.path.isdir(out.parent):  # which a name that no system has does not stop
        check_out(out.parent, overwrite=False, directory=True)
    elif picture:
        check_out(out, overwrite=overwrite, directory=False)
    else:  # one that was interrupted is perhaps gone on with, which only the loaded generator tells
        check_out(out, overwrite=overwrite or interrupted_record(out) is not None, directory=True)


def _draw_picture(
    out: Path, kind: str, bench: "Workbench", drawn: list[Drawn], end: Drawn | None, n: int, seed: int, facts: Answer,
    *, force: bool,
) -> None:  # fmt: skip
    from ganmend.report.grids import grid_size
    from ganmend.report.picture_file import MOVING, check_size, save_picture
    from ganmend.workbench.pictures import WALK_ROWS, grid_columns, sample_grid, walk_frames
    from ganmend.workbench.samples import Samples

    moving, rows = f".{kind.lower()}" in MOVING, len(drawn) * WALK_ROWS
    shape = (rows, WALK_ROWS) if moving else (rows * n, n) if end else (len(drawn) * n, grid_columns(len(drawn), n))
    check_size(kind, *grid_size(shape[0], bench.generator.resolution, shape[1]))
    edits = [each.edit for each in drawn]
    with progress_bar(str(out)) as show:
        if end is None:
            frames = [sample_grid(bench, edits, Samples.first(n, seed), force=force)]
        else:
            frames = walk_frames(bench, edits, end.edit, n, seed, moving=moving, force=force, on_progress=show)
    _make_folder(out.parent)
    shown: Answer = {"classes": [shown_class(each) for each in drawn], "to": shown_class(end), "samples": n}
    save_picture(out, kind, frames, facts | shown)


def _draw_folder(
    out: Path, bench: "Workbench", drawn: list[Drawn], n: int, seed: int, facts: Answer, *, overwrite: bool, force: bool
) -> bool:
    """Draw an ImageFolder, or what a run that was interrupted left to draw; whether it is complete then."""
    from ganmend.files.directories import write_directory
    from ganmend.workbench.pictures import write_image_folder
    from ganmend.workbench.sample_folder import SampleRecord, goes_on, take_over
    from ganmend.workbench.samples import Samples

    request = request_of(bench, drawn, n, seed)
    going_on = goes_on(out, request, overwrite=overwrite)
    about = {each.label: facts | {"class": each.name, "index": each.index} for each in drawn}
    edits = {each.label: each.edit for each in drawn}
    complete = True
    with ExitStack() as from_then_on:

        def fill(folder: Path) -> None:
            nonlocal complete
            if going_on:
                take_over(out, folder)
            try:
                with progress_bar(str(out)) as show:
                    write_image_folder(
                        folder, bench, edits, Samples.first(n, seed), force=force, facts=about, on_progress=show
                    )
            except KeyboardInterrupt:
                from_then_on.enter_context(not_now())
                complete = False
                if not any(folder.glob("*/*.png")):
                    raise
            SampleRecord(request, facts, complete).write(folder)

        write_directory(out, fill, overwrite=overwrite or going_on)
    return complete


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}: {error.strerror}; give another --out") from error
