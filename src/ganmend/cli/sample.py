"""ganmend sample: pictures of classes and embeddings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.console import progress_bar, say
from ganmend.cli.options import EMBEDDING_FILE, DrawingOptions, Force, Overwrite, Seed, expect

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
    from ganmend.edits.edit_file import label_of
    from ganmend.files.directories import write_directory
    from ganmend.report.grids import image_grid
    from ganmend.workbench.pictures import sample_grid, write_image_folder
    from ganmend.workbench.workbench import Workbench

    expect(n >= 1, f"-n is {n}; expected at least 1 sample")
    bench = Workbench(source.source(), precision=source.precision)
    labels = [label_of(text) for text in what]
    edits = {
        # A class and the file of its edit may bear the same name: then the second is called NAME-2.
        label if label not in labels[:place] else f"{label}-{labels[:place].count(label) + 1}":
            bench.edit(text, force=force)
        for place, (label, text) in enumerate(zip(labels, what, strict=True))
    }  # fmt: skip
    if to:
        expect(len(edits) == 1, f"--to walks from one class or embedding; {len(edits)} came")
        walked = bench.walk(next(iter(edits.values())), to, n, seed=seed, force=force)
        _write_picture(out, image_grid(walked, columns=n), overwrite)
    elif out.suffix.lower() == ".png":
        _write_picture(out, sample_grid(bench, list(edits.values()), n, seed, force=force), overwrite)
    else:
        with progress_bar(str(out)) as show:
            write_directory(
                out,
                lambda folder: write_image_folder(folder, bench, edits, n, seed, force=force, on_progress=show),
                overwrite=overwrite,
            )
    say(f"written to {out}")


def _write_picture(out: Path, picture: "Image", overwrite: bool) -> None:
    from ganmend.files.directories import check_out
    from ganmend.files.writing import whole_file

    out.parent.mkdir(parents=True, exist_ok=True)
    check_out(out, overwrite, directory=False)
    with whole_file(out) as partial:
        picture.save(partial, format="PNG")
