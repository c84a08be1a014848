"""Edits put back into the checkpoint they came from: rows of its class table, and offsets that classes have beside."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganmend.errors import CheckpointError, UnreadableError
from ganmend.files.paths import as_path
from ganmend.files.safetensors_file import write_safetensors
from ganmend.files.weights import check_file, holds_safetensors, read_weights
from ganmend.files.writing import whole_file
from ganmend.formats.class_offsets import ClassOffsets
from ganmend.formats.config_file import read_config, write_config
from ganmend.formats.finding import find_generator
from ganmend.formats.table_patch import patch_tensors

NOTE = "class_offsets"  # the entry of a file's metadata that says which classes have any, and what loaders must be told


def patch_checkpoint(
    original: str | Path,
    rows: int | Sequence[int],
    vectors: Tensor,
    out: str | Path,
    class_names: Sequence[str] = (),
    offsets: ClassOffsets | None = None,
) -> str:
    """Write `original` to `out` with rows of its class table replaced; every other tensor bit for bit the same.

    With `class_names` the table gets as many rows as there are names; those past its end must be among `rows`. A
    safetensors file then holds the names. The config.json of a huggingface checkpoint comes beside `out`.

    A class with offsets has a flag in the table, and a column in every matrix that the class embedding enters (see
    flag_columns.py; ganmend's own files hold the offsets as they are). The matrices' other columns stay bit for bit.

    Args:
        original: a checkpoint that `load_generator` reads.
        rows: of the class table; a class whose row is given loses the offsets that it had.
        vectors: (dim_embedding,) for one row given as a number, (rows, dim_embedding) for several.
        out: the new file, of the same kind.
        class_names: of all classes; () keeps their number and the names in the file.
        offsets: (n_offsets,) of those of the rows that shall have any.

    Returns:
        What other programs must be told where classes have offsets, or the table another shape; '' where not.

    Raises:
        CheckpointError: the original cannot be read.
        EmbeddingError: the vectors are of another width or number, or hold what the table's type cannot.
        OptionError: `original` or `out` is no path, or there are offsets that the format cannot hold.
        OutputError: the place cannot be written, or a config.json of other weights stands there.
    """
    original, out = as_path(original), as_path(out)
    try:
        check_file(original)
        content, metadata = read_weights(original)
        found, _ = find_generator(content)
        config = read_config(original, found.form.folder)
        patched = patch_tensors(found, rows, vectors, len(class_names), offsets or {})
        if class_names and holds_safetensors(original):
            metadata = found.form.renamed(metadata, class_names)
    except FileNotFoundError as error:
        raise CheckpointError(f"no file at {original}") from error
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{original} {error}") from error
    if config and found.form.folder:
        write_config(original, config, found.form.folder, patched.config, out)
    with whole_file(out) as partial:
        if holds_safetensors(original):
            write_safetensors(partial, dict(found.holder), _noted(metadata, patched.of_offsets))
        else:
            with partial.open("wb") as file:  # an error of the system's then comes as such, and not as one of PyTorch's
                torch.save(_with_note(content, patched.of_offsets), file)
    return "; ".join(filter(None, (patched.of_length, patched.of_offsets or patched.of_width)))


def _noted(metadata: Mapping[str, Any], note: str) -> dict[str, Any]:
    """The metadata with this note, or, where it is '', with none."""
    return {name: value for name, value in metadata.items() if name != NOTE} | ({NOTE: note} if note else {})


def _with_note(content: object, note: str) -> object:
    """What torch.save is to save, with a note where a state dict keeps the versions of its modules: in `_metadata`.

    There every `load_state_dict` passes over it, as over no tensor or number that it does not expect.

    Args:
        content: of a file: a dictionary.
        note: '' for none.

    Returns:
        The same entries in the same order.
    """
    before = getattr(content, "_metadata", {})
    if not isinstance(content, dict) or not (note or NOTE in before):
        return content
    whole: OrderedDict[object, object] = OrderedDict(content)
    whole.__dict__["_metadata"] = _noted(before, note)
    return whole
