"""What an export makes of a class table: rows replaced, classes added after the last, or another table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganmend.catalog.names import find_class, usual_names
from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import OptionError


@dataclass(frozen=True)
class TableEdit:
    """Row `rows[i]` becomes `vectors[i]`; its class has the offsets that stand for it, or none.

    Attributes:
        rows: of the table as it will be.
        vectors: (rows, dim_embedding).
        class_names: of all classes afterwards; () where number and names stay.
        offsets: (n_offsets,) of gains and biases, by row.
    """

    rows: list[int]
    vectors: Tensor
    class_names: tuple[str, ...] = ()
    offsets: Mapping[int, Tensor] = field(default_factory=dict)


def replace_rows(names: Sequence[str], embeddings: Sequence[tuple[str, ClassEdit]]) -> TableEdit:
    """Each embedding in the row of the class that stands before it.

    Args:
        names: of the generator's classes.
        embeddings: of one vector each, after the name or index of the class it replaces.

    Returns:
        The rows and what they become; names stay.

    Raises:
        OptionError: several vectors, a latent map, shares, or two embeddings for one class.
        ClassNameError: no such class.
    """
    rows = [find_class(name, names) for name, _ in embeddings]
    if len(set(rows)) < len(rows):
        raise OptionError("two of the embeddings are for one class; give each a --class of its own, or --append")
    vectors = [rows_of(embedding) for _, embedding in embeddings]
    if any(len(several) > 1 for several in vectors):
        raise OptionError("several vectors do not fit into one row: --append gives each a row, --table takes a table")
    return TableEdit(rows, torch.cat(vectors), offsets=_offsets(rows, [embedding for _, embedding in embeddings]))


def append_classes(names: Sequence[str], embeddings: Sequence[tuple[str, ClassEdit]]) -> TableEdit:
    """Each vector of each embedding as a new class; where its name is taken, a number follows it.

    Args:
        names: of the generator's classes.
        embeddings: after the name that its classes shall have.

    Returns:
        Rows after the table's last, and the names of all classes.

    Raises:
        OptionError: a latent map or shares.
    """
    vectors = [rows_of(embedding) for _, embedding in embeddings]
    extended, edits = list(names), list[ClassEdit]()  # an edit for each new class
    for (name, embedding), several in zip(embeddings, vectors, strict=True):
        for _ in several:
            extended.append(next(free for free in _numbered(name) if free not in extended))
            edits.append(embedding)
    rows = list(range(len(names), len(extended)))
    return TableEdit(rows, torch.cat(vectors), tuple(extended), _offsets(rows, edits))


def replace_table(names: Sequence[str], embedding: ClassEdit) -> TableEdit:
    """All vectors as the whole table; the names stay where their number does.

    Args:
        names: of the generator's classes.
        embedding: whose vector i becomes row i.

    Returns:
        All rows; the usual names where their number changes.

    Raises:
        OptionError: a latent map, offsets or shares.
    """
    vectors = plain_vectors(embedding)
    rows = list(range(len(vectors)))
    return TableEdit(rows, vectors, () if len(rows) == len(names) else usual_names(len(rows)))


def rows_of(embedding: ClassEdit) -> Tensor:
    """The vectors (K, dim_embedding) of an edit, each of which, with the edit's offsets, can be a class.

    Args:
        embedding: of a class.

    Returns:
        Its vectors.

    Raises:
        OptionError: it holds what no checkpoint can.
    """
    for name, part in (("a latent map", embedding.latent_map), ("shares of vectors", embedding.weights)):
        if part is not None:
            raise OptionError(f"{name} cannot stand in a class table; search again without")
    return embedding.vectors


def plain_vectors(embedding: ClassEdit) -> Tensor:
    """The vectors (K, dim_embedding) of an edit that holds nothing else.

    Args:
        embedding: of a class.

    Returns:
        Its vectors.

    Raises:
        OptionError: it holds more.
    """
    if embedding.offsets is not None:
        raise OptionError(
            "offsets of gains and biases cannot stand in a table of vectors alone; export to a checkpoint with --class "
            "or --append, or search again with --capacity row"
        )
    return rows_of(embedding)


def _offsets(rows: Sequence[int], edits: Sequence[ClassEdit]) -> dict[int, Tensor]:
    """The offsets that classes get with their rows, by row; those of zeros are none."""
    pairs = zip(rows, edits, strict=True)
    return {row: edit.offsets for row, edit in pairs if edit.offsets is not None and edit.offsets.any()}


def _numbered(name: str) -> Iterator[str]:
    """name, name 2, name 3, ..."""
    yield name
    number = 1
    while True:
        number += 1
        yield f"{name} {number}"
