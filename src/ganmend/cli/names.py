"""ganmend classes, nearest: which class is which."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ganmend.cli.answers import Answer, about_class, about_generator
from ganmend.cli.console import as_it_is, print_json, say, stdout
from ganmend.cli.options import EMBEDDING_FILE, AsJson, GeneratorOptions, expect
from ganmend.errors import EmbeddingError

if TYPE_CHECKING:
    from torch import Tensor

    from ganmend.edits.class_edit import ClassEdit
    from ganmend.edits.nearest import Neighbour
    from ganmend.models.protocol import Generator


def classes_command(
    source: GeneratorOptions,
    search: Annotated[
        str, typer.Option("--search", help="Only classes whose names hold these words; default all.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List a generator's classes, or search them by name."""
    from ganmend.catalog.names import search_classes

    _, names, about, _ = _table(source)
    found = search_classes(search, names) if search else list(range(len(names)))
    if as_json:
        print_json({"classes": [about_class(index, names[index]) for index in found], "generator": about})
        return
    expect(
        bool(found),
        f"no class of {source.generator} is spelt like {search!r}; 'ganmend classes {source.generator}' lists all",
    )
    for index in found:
        say(f"{index:5d}  {names[index]}")


def nearest_command(
    source: GeneratorOptions,
    embedding: Annotated[str, typer.Argument(metavar="CLASS|FILE", help=f"A class, {EMBEDDING_FILE}.")],
    n: Annotated[int, typer.Option("-n", help="How many classes are listed.")] = 5,
    as_json: AsJson = False,
) -> None:
    """List the classes nearest to an embedding. GENERATOR may also be a class table (.npy)."""
    from ganmend.catalog.known_names import known_names
    from ganmend.workbench.early import refuse_wrong_edits

    expect(n >= 1, f"-n is {n}; expected at least 1")
    if not source.generator.lower().endswith(".npy"):
        refuse_wrong_edits([embedding], known_names(source.source()))
    table, names, about, gan = _table(source)
    edit = _edit(embedding, table, names, gan)
    expect(
        edit.offsets is None or gan is not None,
        f"{embedding} has offsets of gains and biases; give the generator, not its class table alone",
    )
    by, answers = _nearest(edit, table, gan, n)
    if as_json:
        near = [[asdict(found) | {"name": names[found.index]} for found in answer] for answer in answers]
        print_json({"nearest": near, "by": by, "embedding": embedding, "generator": about})
        return
    for answer in answers:
        shown = Table("index", "class", "cosine", "distance", caption=f"by {by}")
        for found in answer:
            shown.add_row(
                str(found.index), as_it_is(names[found.index]), f"{found.cosine:.3f}", f"{found.distance:.3f}"
            )
        stdout().print(shown)


def _nearest(
    edit: "ClassEdit", table: "Tensor", gan: "Generator | None", n: int
) -> tuple[str, "list[list[Neighbour]]"]:
    """By what the classes are compared, and the nearest n to each of the edit's vectors."""
    from ganmend.edits.nearest import nearest_by_norms, nearest_rows

    if edit.offsets is None or gan is None:
        return "embeddings", [nearest_rows(table, vector, n) for vector in edit.vectors]
    edit.check(gan, force=True)  # as without offsets: of any generator of these widths
    return "gains and biases", nearest_by_norms(gan, edit, n)


def _edit(embedding: str, table: "Tensor", names: tuple[str, ...], gan: "Generator | None") -> "ClassEdit":
    from ganmend.catalog.names import find_class
    from ganmend.edits.class_edit import ClassEdit, class_row
    from ganmend.edits.edit_file import is_embedding, load_edit

    if not is_embedding(embedding, names):
        index = find_class(embedding, names)
        return ClassEdit(table[index][None]) if gan is None else class_row(gan, index)
    edit = load_edit(embedding)
    if edit.vectors.shape[1] != table.shape[1]:
        raise EmbeddingError(f"the embedding has width {edit.vectors.shape[1]}; the class table has {table.shape[1]}")
    return edit


def _table(source: GeneratorOptions) -> tuple["Tensor", tuple[str, ...], Answer, "Generator | None"]:
    """Class table (classes, dim), names, what JSON says of the generator or of a table's file, and the generator."""
    from ganmend.catalog.names import usual_names
    from ganmend.catalog.source import names_in
    from ganmend.edits.edit_file import load_edit

    if source.generator.lower().endswith(".npy"):
        table = load_edit(source.generator).vectors
        names = names_in(source.class_names) or usual_names(len(table))
        fits = len(names) == len(table)
        expect(fits, f"{len(names)} class names came for {source.generator}, a table of {len(table)} classes")
        return table, names, {"source": source.generator}, None
    gan = source.source().load()
    return gan.class_embeddings.cpu(), gan.class_names, about_generator(gan, source.generator), gan
