"""Embeddings put back into the checkpoint they came from, as rows of its class table."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, EmbeddingError, UnreadableError
from ganmend.files.paths import as_path
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.torch_file import read_torch
from ganmend.files.writing import whole_file
from ganmend.formats.checkpoint_file import state_dict
from ganmend.formats.config_file import read_config, write_config
from ganmend.formats.protocol import ClassTable, Format
from ganmend.formats.registry import recognise


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
    patch = _patch_safetensors if original.suffix == ".safetensors" else _patch_torch
    try:
        return patch(original, rows, vectors, out, class_names)
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{original}: {error}") from error


def _patch_safetensors(
    original: Path, rows: int | Sequence[int], vectors: Tensor, out: Path, class_names: Sequence[str]
) -> str:
    tensors, metadata = read_safetensors(original)
    form = _format_of(tensors)
    note = _patch_table(tensors, form.table, rows, vectors, len(class_names))
    if class_names:
        metadata = form.renamed(metadata, class_names)
    with whole_file(out) as partial:
        save_file(tensors, partial, metadata)
    return note


def _patch_torch(
    original: Path, rows: int | Sequence[int], vectors: Tensor, out: Path, class_names: Sequence[str]
) -> str:
    content = read_torch(original)
    state_dict(content)  # refuses what is none
    assert isinstance(content, dict)
    nested = content.get("state_dict")
    tensors = nested if isinstance(nested, dict) else content
    form = _format_of(tensors)
    config = read_config(original, form.folder)
    note = _patch_table(tensors, form.table, rows, vectors, len(class_names))
    if config and form.folder:
        write_config(original, config, form.folder, len(class_names), out)
    with whole_file(out) as partial:
        torch.save(content, partial)
    return note


def _bare_names(tensors: dict[str, Tensor]) -> dict[str, str]:
    """The tensors' names without DataParallel's prefix, to their names in the file."""
    return {name.removeprefix("module."): name for name in tensors}


def _format_of(tensors: dict[str, Tensor]) -> Format:
    return recognise({bare: tensors[name] for bare, name in _bare_names(tensors).items()})


def _patch_table(
    tensors: dict[str, Tensor], table: ClassTable, rows: int | Sequence[int], vectors: Tensor, n_classes: int
) -> str:
    """Put a new class table in the old one's place.

    Args:
        tensors: by the names in the file, perhaps with DataParallel's prefix; the table is replaced.
        table: where it is.
        rows: that are given.
        vectors: of these rows.
        n_classes: of the new table; 0 keeps the old one's.

    Returns:
        What other programs must be told where the table has another length; '' where it has not.

    Raises:
        CheckpointError: what stands there is no table.
    """
    name = _bare_names(tensors)[table.tensor]
    if tensors[name].dim() != 2:
        raise CheckpointError(f"tensor {name!r} has shape {tuple(tensors[name].shape)}, expected a table of classes")
    before = table.turned(tensors[name])
    after = _new_table(before, rows, vectors, n_classes or len(before))
    tensors[name] = table.turned(after).contiguous()
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
