"""ganmend export, convert: a checkpoint that a user takes away."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ganmend.cli.console import doubt_origin, say
from ganmend.cli.options import EMBEDDING_FILE, Force, GeneratorOptions, Overwrite, expect


def export_command(
    source: GeneratorOptions,
    embeddings: Annotated[
        list[str], typer.Argument(metavar="EMBEDDING...", help=f"Each {EMBEDDING_FILE}, or a result directory.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The file to write: a checkpoint like the original, or FILE.npy for the vectors alone."
        ),
    ],
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            help="The class whose row an edit takes, or a new class's name; given once for each edit; default its "
            "target.",
        ),
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add each vector as a new class after the last.")] = False,
    table: Annotated[
        bool, typer.Option("--table", help="Replace the whole class table by the edit's vectors.")
    ] = False,
    overwrite: Overwrite = False,
    force: Force = False,
) -> None:
    """Write edits back into the generator's checkpoint, or into a .npy file as the paper's."""
    from ganmend.catalog.known_names import known_names
    from ganmend.catalog.names import find_class
    from ganmend.edits.edit_file import label_of, named_edit
    from ganmend.workbench.early import refuse_wrong_edits
    from ganmend.workbench.export import export_edits

    expect(not (append and table), "--append and --table exclude each other")
    names = known_names(source.source())
    refuse_wrong_edits(embeddings, names)
    if names and not append:
        for name in classes or ():
            find_class(name, names)
    gan = source.source().load()
    found = [named_edit(text, gan, force=force) for text in embeddings]
    # An embedding whose file does not say what it shows is called like its file.
    edits = [replace(edit, target=edit.target or label_of(text)) for text, edit in zip(embeddings, found, strict=True)]
    written = export_edits(
        gan.class_names, source.generator, edits, out, classes=classes or (), append=append, table=table,
        overwrite=overwrite,
    )  # fmt: skip
    for text, edit in zip(embeddings, found, strict=True):
        doubt_origin(text, edit)
    say(f"written to {out}")
    if append:
        for row in written.rows:
            say(f"class {row}: {written.class_names[row]}")
    n = len(written.class_names) or gan.n_classes
    if n != gan.n_classes:
        say(f"It has {n} classes in place of {gan.n_classes}. ganmend loads a table of any length; {written.note}.")
    elif written.note:
        say(f"ganmend loads it as it is; {written.note}.")


def convert_command(
    source: GeneratorOptions,
    out: Annotated[Path, typer.Option("--out", help="The file to write, FILE.safetensors.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a generator in ganmend's own format, which loads fastest."""
    from ganmend.files.outputs import check_out
    from ganmend.formats.native import write_generator

    expect(out.suffix == ".safetensors", f"--out is {out}; expected a name that ends in .safetensors")
    check_out(out, overwrite=overwrite, directory=False)
    write_generator(source.source().load(), out, source.generator)
    say(f"written to {out}")
