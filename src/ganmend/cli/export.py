"""ganmend export: embeddings put back into the checkpoint they were found for."""

from pathlib import Path
from typing import Annotated

import torch
import typer

from ganmend.catalog.load import checkpoint_path
from ganmend.cli import opening
from ganmend.cli.console import stdout
from ganmend.cli.options import EMBEDDING_FILE, Force, GeneratorOptions, Overwrite
from ganmend.edits.class_table import TableEdit, append_classes, replace_rows, replace_table
from ganmend.edits.file import FILE_NAME, ClassEmbedding
from ganmend.errors import OptionError, OutputError
from ganmend.files.directories import write_directory
from ganmend.formats.export import patch_checkpoint
from ganmend.formats.huggingface import WEIGHTS


def export_command(
    source: GeneratorOptions,
    embeddings: Annotated[
        list[str], typer.Argument(metavar="EMBEDDING...", help=f"Each {EMBEDDING_FILE}, or a result directory.")
    ],
    out: Annotated[Path, typer.Option("--out", help="FILE.npy, or the patched checkpoint: a file like the original.")],
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class", help="Whose row it takes, or a new class's name; one an EMBEDDING; default its target."
        ),
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add each vector as a new class after the last.")] = False,
    table: Annotated[
        bool, typer.Option("--table", help="Replace the whole class table by EMBEDDING's vectors.")
    ] = False,
    overwrite: Overwrite = False,
    force: Force = False,
) -> None:
    """Put embeddings back into the original checkpoint, or into a .npy as the paper's."""
    if append and table:
        raise OptionError("--append and --table exclude each other")
    gan = opening.open_generator(source)
    places = [str(Path(text) / FILE_NAME) if Path(text).is_dir() else text for text in embeddings]
    found = [opening.open_embedding(text, gan, force=force) for text in places]
    if out.suffix == ".npy":
        check_file(out, overwrite)
        ClassEmbedding(torch.cat([embedding.vectors for embedding in found])).save(out)
        stdout().print(f"written to {out}", soft_wrap=True)
        return
    if table:
        if len(found) > 1 or classes:
            raise OptionError("--table takes one EMBEDDING and no --class: its vectors become the table")
        edit = replace_table(gan.class_names, found[0])
    else:
        pairs = list(zip(_names(places, found, classes or []), found, strict=True))
        edit = (append_classes if append else replace_rows)(gan.class_names, pairs)
    note = _write(checkpoint_path(source.generator), edit, out, overwrite)
    stdout().print(f"written to {out}", soft_wrap=True)
    if append:
        for row in edit.rows:
            stdout().print(f"class {row}: {edit.class_names[row]}", markup=False, highlight=False, soft_wrap=True)
    if note:
        n_classes = len(edit.class_names)
        stdout().print(
            f"It has {n_classes} classes in place of {gan.n_classes}. ganmend loads a table of any length; {note}.",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip


def _names(places: list[str], found: list[ClassEmbedding], classes: list[str]) -> list[str]:
    """The class of each embedding: as given, else its target, else called like its file."""
    if classes and len(classes) != len(found):
        raise OptionError(f"{len(classes)} --class came for {len(found)} embeddings; give one for each, or none")
    targets = [embedding.target or opening.label_of(place) for place, embedding in zip(places, found, strict=True)]
    return classes or targets


def _write(checkpoint: Path, edit: TableEdit, out: Path, overwrite: bool) -> str:
    """The patched checkpoint: a file, or, where a huggingface one is to go to a folder, that folder."""
    if (checkpoint.suffix == ".safetensors") != (out.suffix == ".safetensors"):
        raise OptionError(f"--out is {out}; expected a file like the original, whose name ends in {checkpoint.suffix}")
    notes: list[str] = []

    def patch(path: Path) -> None:
        notes.append(patch_checkpoint(checkpoint, edit.rows, edit.vectors, path, edit.class_names))

    if checkpoint.name == WEIGHTS and not out.suffix:
        write_directory(out, lambda folder: patch(folder / WEIGHTS), overwrite=overwrite)
    else:
        check_file(out, overwrite)
        patch(out)
    return notes[0]


def check_file(out: Path, overwrite: bool) -> None:
    """Fail before anything is written.

    Raises:
        OutputError: the file exists and is not to be replaced, or its folder does not.
    """
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists; give another --out, or --overwrite to replace it")
    if not out.parent.is_dir():
        raise OutputError(f"no folder at {out.parent}; give another --out")
