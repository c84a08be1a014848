"""ganmend sample, convert: what a user takes away."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import track

from ganmend.cli import opening
from ganmend.cli.console import stderr, stdout
from ganmend.cli.export import check_file
from ganmend.cli.options import EMBEDDING_FILE, DrawingOptions, Force, GeneratorOptions, Overwrite, Seed
from ganmend.edits.file import ClassEmbedding
from ganmend.edits.sampling import draw
from ganmend.errors import OptionError, OutputError
from ganmend.files.directories import check_writable, write_directory
from ganmend.files.writing import whole_file
from ganmend.formats import native
from ganmend.models.biggan.model import Generator
from ganmend.models.latents import sample_latents
from ganmend.report.grids import image_grid


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
    if n < 1:
        raise OptionError(f"-n is {n}; expected at least 1 sample")
    gan = opening.open_generator(source)
    embeddings = {opening.label_of(text): opening.open_embedding(text, gan, force=force) for text in what}
    if to:
        first = next(iter(embeddings.values()))
        grid = image_grid(_walk(gan, first, opening.open_embedding(to, gan, force=force), n, seed), columns=n)
        _write_picture(out, grid, overwrite)
    elif out.suffix.lower() == ".png":
        rows = [torch.cat(list(draw(gan, embedding, n, seed))) for embedding in embeddings.values()]
        columns = n if len(rows) > 1 else max(1, round(n**0.5))
        _write_picture(out, image_grid(torch.cat(rows), columns), overwrite)
    else:
        write_directory(out, lambda folder: _write_folder(folder, gan, embeddings, n, seed), overwrite=overwrite)
    stdout().print(f"written to {out}", soft_wrap=True)


@torch.no_grad()
def _walk(
    gan: Generator, first: ClassEmbedding, last: ClassEmbedding, steps: int, seed: int, rows: int = 4
) -> torch.Tensor:
    """Rows of fixed latents, columns from the first embedding to the last."""
    z = sample_latents(seed, rows, gan.dim_z, truncation=gan.truncation).to(gan.device)
    walk = [torch.lerp(first.vectors[0], last.vectors[0], share) for share in torch.linspace(0, 1, steps)]
    return torch.stack([gan(z, embedding.to(gan.device)) for embedding in walk], 1).flatten(0, 1)


def _write_folder(folder: Path, gan: Generator, embeddings: dict[str, ClassEmbedding], n: int, seed: int) -> None:
    from torchvision.transforms.functional import to_pil_image

    digits = max(5, len(str(n - 1)))
    for label, embedding in embeddings.items():
        target = folder / label.replace("/", "_")
        target.mkdir()
        batches = draw(gan, embedding, n, seed)
        index = 0
        for batch in track(batches, label, total=-(-n // 100), console=stderr(), transient=True):
            for image in ((batch + 1) / 2).clamp(0, 1):
                to_pil_image(image).save(target / f"{index:0{digits}d}.png")
                index += 1


def _write_picture(out: Path, picture: object, overwrite: bool) -> None:
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists; give another --out, or --overwrite to replace it")
    check_writable(out.with_name(out.name + ".new"), overwrite=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as partial:
        picture.save(partial, format="PNG")  # type: ignore[attr-defined]


def convert_command(
    source: GeneratorOptions,
    out: Annotated[Path, typer.Option("--out", help="FILE.safetensors.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a generator in ganmend's own format, which loads fastest."""
    if out.suffix != ".safetensors":
        raise OptionError(f"--out is {out}; expected a name that ends in .safetensors")
    gan = opening.open_generator(source)
    check_file(out, overwrite)
    native.write(gan, out, source.generator)
    stdout().print(f"written to {out}", soft_wrap=True)
