"""ganmend sample: pictures of classes and embeddings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.console import doubt_origin, progress_bar, say
from ganmend.cli.options import EMBEDDING_FILE, DrawingOptions, Force, Overwrite, Seed, expect
from ganmend.errors import OutputError

if TYPE_CHECKING:
    from PIL.Image import Image


def sample_command(
    source: DrawingOptions,
    what: Annotated[list[str], typer.Argument(metavar="CLASS|FILE...", help=f"Classes; or each {EMBEDDING_FILE}.")],
    out: Annotated[Path, typer.Option("--out", help="A folder (one PNG a sample), or FILE.png for one grid.")],
    n: Annotated[int, typer.Option("-n", help="Samples of each.")] = 16,
    to: Annotated[str, typer.Option("--to", help=f"Interpolate to this class, or {EMBEDDING_FILE}.")] = "",
    seed: Seed = 0,
    overwrite: Overwrite = False,
    force: Force = False,
) -> None:
    """Draw samples: an ImageFolder, or one grid; --to walks between two embeddings on the same latents."""
    from ganmend.files.directories import write_directory
    from ganmend.report.grids import image_grid
    from ganmend.workbench.pictures import sample_grid, write_image_folder
    from ganmend.workbench.workbench import Workbench

    expect(n >= 1, f"-n is {n}; expected at least 1 sample")
    expect(not to or len(what) == 1, f"--to walks from one class or embedding; {len(what)} came")
    picture = bool(to) or out.suffix.lower() == ".png"
    _check_out(out, overwrite, picture=picture)
    bench = Workbench(source.source(), precision=source.precision)
    edits = {
        label: bench.edit(text, force=force)
        for label, text in zip(_labels(what, bench.generator.class_names), what, strict=True)
    }
    if to:
        with progress_bar(str(out)) as show:
            walked = bench.walk(next(iter(edits.values())), to, n, seed=seed, force=force, on_progress=show)
        _write_picture(out, image_grid(walked, columns=n))
    elif picture:
        _write_picture(out, sample_grid(bench, list(edits.values()), n, seed, force=force))
    else:
        with progress_bar(str(out)) as show:
            write_directory(
                out,
                lambda folder: write_image_folder(folder, bench, edits, n, seed, force=force, on_progress=show),
                overwrite=overwrite,
            )
    for text, edit in zip(what, edits.values(), strict=True):
        doubt_origin(text, edit)
    say(f"written to {out}")


def _labels(what: Sequence[str], class_names: Sequence[str]) -> list[str]:
    """What to call each: a class and the file of its edit may bear one name, then the second is called NAME-2."""
    from ganmend.edits.edit_file import label_of

    labels: list[str] = []
    for text in what:
        label, number = label_of(text, class_names), 1
        while label in labels:
            number += 1
            label = f"{label_of(text, class_names)}-{number}"
        labels.append(label)
    return labels


def _check_out(out: Path, overwrite: bool, *, picture: bool) -> None:
    """Fail before the generator is loaded; a picture's folder is made where it is missing."""
    from ganmend.files.outputs import check_out

    if picture and not out.parent.is_dir():
        check_out(out.parent, overwrite=False, directory=True)
    else:
        check_out(out, overwrite=overwrite, directory=not picture)


def _write_picture(out: Path, picture: "Image") -> None:
    from ganmend.files.writing import whole_file

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {out.parent}: {error.strerror}; give another --out") from error
    with whole_file(out) as partial:
        picture.save(partial, format="PNG")
