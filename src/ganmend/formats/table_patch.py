"""The class table of a generator replaced in what its file holds, and the offsets that classes have beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.errors import CheckpointError, EmbeddingError, OptionError
from ganmend.formats.class_offsets import ClassOffsets
from ganmend.formats.finding import Found

MOST_LISTED = 5  # classes, in a sentence


@dataclass(frozen=True)
class Patched:
    """What is different in a patched checkpoint.

    Attributes:
        config: entries of the JSON file beside it.
        of_length: what other programs must be told where the table has another length; '' where it has not.
        of_width: what they must be told where embeddings have another length; '' where they have not.
        of_offsets: which classes have offsets, and what other programs must be told of them; '' where none has, or no
            other program reads the format.
    """

    config: Mapping[str, object]
    of_length: str
    of_width: str
    of_offsets: str


def patch_tensors(
    found: Found, rows: int | Sequence[int], vectors: Tensor, n_classes: int, offsets: ClassOffsets
) -> Patched:
    """Put a new class table in the old one's place, and the offsets of its classes beside it.

    Args:
        found: the generator in what its file holds; its tensors are replaced there.
        rows: that are given; a class whose row is given loses the offsets that it had.
        vectors: (dim_embedding,) for one row given as a number, (rows, dim_embedding) for several.
        n_classes: of the new table; 0 keeps the old one's.
        offsets: (n_offsets,) of those of the rows that shall have any.

    Returns:
        What is different then.

    Raises:
        CheckpointError: what stands there is no table, or its tensors do not fit together.
        EmbeddingError: the vectors are of another width or number, or hold what the table's type cannot.
        OptionError: the format cannot hold offsets.
    """
    form, tensors = found.form, found.tensors()
    n_before, width_before = _table(found, tensors).shape
    held = dict(form.offsets.take(tensors)) if form.offsets else {}
    table = _new_table(_table(found, tensors), rows, vectors, n_classes or n_before)
    tensors[form.table.tensor] = form.table.turned(table).contiguous()
    given = {rows} if isinstance(rows, int) else set(rows)
    held = {index: own for index, own in held.items() if index not in given and index < len(table)} | dict(offsets)
    if held and form.offsets is None:
        raise OptionError(f"a file of {form.full_name} cannot hold offsets of gains and biases; use --capacity row")
    if form.offsets:
        form.offsets.put(tensors, held)
    found.replace(tensors)
    n, width = _table(found, tensors).shape
    config: dict[str, object] = {}
    if form.folder and n != n_before:
        config[form.folder.n_classes] = n
    if form.folder and width != width_before:
        config[form.folder.width] = width
    of_width = form.table.other_width.format(n=width)
    return Patched(
        config,
        form.table.other_length.format(n=n) if n != n_before else "",
        of_width if width != width_before else "",
        f"{_classes(held)} offsets, a flag each at the end of every embedding: {of_width}" if held and of_width else "",
    )


def _classes(held: Collection[int]) -> str:
    """'class 3 has', or 'classes 3, 5 and 8 more have'."""
    shown, more = ", ".join(map(str, list(held)[:MOST_LISTED])), len(held) - MOST_LISTED
    return f"class {shown} has" if len(held) == 1 else f"classes {shown}{f' and {more} more' * (more > 0)} have"


def _table(found: Found, tensors: Mapping[str, Tensor]) -> Tensor:
    """The class table (classes, width) among the generator's tensors.

    Args:
        found: the generator.
        tensors: its tensors by name.

    Returns:
        As rows, however it is stored.

    Raises:
        CheckpointError: what stands there is no table.
    """
    place = found.form.table
    stored = tensors[place.tensor]
    if stored.dim() != 2:
        key = found.names[place.tensor]
        raise CheckpointError(f"holds {key!r} of shape {tuple(stored.shape)}, expected a table of classes")
    return place.turned(stored)


def _new_table(before: Tensor, rows: int | Sequence[int], vectors: Tensor, n_classes: int) -> Tensor:
    """The rows of the old table as far as they go, then the given ones in their places.

    Args:
        before: (classes, dim_embedding), the old table.
        rows: one, or several; below n_classes.
        vectors: (dim_embedding,) for one row, (rows, dim_embedding) for several.
        n_classes: of the new table.

    Returns:
        (n_classes, dim_embedding), of the old one's type.

    Raises:
        EmbeddingError: the vectors are of another shape, a row past the old table's end is not given, or the type
            cannot hold a number.
    """
    kept = min(len(before), n_classes)
    after = before.new_full((n_classes, before.shape[1]), torch.nan)  # a row that nobody gives is found by its NaN
    after[:kept] = before[:kept]
    if vectors.shape != after[rows].shape:
        raise EmbeddingError(f"the embedding has shape {tuple(vectors.shape)}; expected {tuple(after[rows].shape)}")
    after[rows] = vectors.to(after.dtype)
    if not after.isfinite().all():
        raise EmbeddingError(f"a row is not given, or holds numbers that the table's {after.dtype} cannot")
    return after
