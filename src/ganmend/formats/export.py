"""Embeddings put back into the checkpoint they came from, as rows of its class table."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, EmbeddingError, UnreadableError
from ganmend.files.paths import as_path
from ganmend.files.weights import check_file, holds_safetensors, read_weights
from ganmend.files.writing import whole_file
from ganmend.formats.config_file import read_config, write_config
from ganmend.formats.finding import Found, find_generator


def patch_checkpoint(
    original: str | Path, rows: int | Sequence[int], vectors: Tensor, out: str | Path, class_names: Sequence[str] = ()
) -> str:
    """Write `original` to `out` with rows of its class table replaced; every other tensor bit for bit the same.

    With `class_names` the table gets as many rows as there are names; those past its end must be among `rows`. A
    safetensors file then holds the names. The config.json of a huggingface checkpoint comes beside `out`.

    Args:
        original: a checkpoint that `load_generator` reads.
        rows: of the class table.
        vectors: (dim_embedding,) for one row given as a number, (rows, dim_embedding) for several.
        out: the new file, of the same kind.
        class_names: of all classes; () keeps their number and the names in the file.

    Returns:
        What other programs must be told where the table has another length; '' where it has not.

    Raises:
        CheckpointError: the original cannot be read.
        EmbeddingError: the vectors are of another width or number, or hold what the table's type cannot.
        OptionError: `original` or `out` is no path.
        OutputError: the place cannot be written, or a config.json of other weights stands there.
    """
    original, out = as_path(original), as_path(out)
    try:
        check_file(original)
        content, metadata = read_weights(original)
        found, _ = find_generator(content)
        config = read_config(original, found.form.folder)
        note = _patch_table(found, rows, vectors, len(class_names))
        if class_names and holds_safetensors(original):
            metadata = found.form.renamed(metadata, class_names)
    except FileNotFoundError as error:
        raise CheckpointError(f"no file at {original}") from error
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{original} {error}") from error
    if config and found.form.folder:
        write_config(original, config, found.form.folder, len(class_names), out)
    with whole_file(out) as partial:
        if holds_safetensors(original):
            save_file(dict(found.holder), partial, metadata)
        else:
            torch.save(content, partial)
    return note


def _patch_table(found: Found, rows: int | Sequence[int], vectors: Tensor, n_classes: int) -> str:
    """Put a new class table in the old one's place.

    Args:
        found: the generator in what its file holds; its table is replaced there.
        rows: that are given.
        vectors: of these rows.
        n_classes: of the new table; 0 keeps the old one's.

    Returns:
        What other programs must be told where the table has another length; '' where it has not.

    Raises:
        CheckpointError: what stands there is no table.
    """
    table, key = found.form.table, found.names[found.form.table.tensor]
    stored = found.holder[key]
    if stored.dim() != 2:
        raise CheckpointError(f"holds {key!r} of shape {tuple(stored.shape)}, expected a table of classes")
    before = table.turned(stored)
    after = _new_table(before, rows, vectors, n_classes or len(before))
    found.holder[key] = table.turned(after).contiguous()
    return "" if len(after) == len(before) else table.other_length.format(n=len(after))


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
