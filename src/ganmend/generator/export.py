"""An embedding put back into the checkpoint it came from."""

import os
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, EmbeddingError, OutputError, UnreadableError
from ganmend.generator.formats import recognise
from ganmend.generator.formats.tensors import state_dict
from ganmend.reading import read_safetensors, read_torch


def patch_checkpoint(original: Path, row: int, vector: Tensor, out: Path) -> None:
    """Write `original` to `out` with one row of its class table replaced; every other tensor bit for bit the same.

    Args:
        original: a checkpoint that `load_generator` reads.
        row: of the class table.
        vector: (dim_embedding,).
        out: the new file, of the same kind.

    Raises:
        CheckpointError, EmbeddingError, OutputError: unreadable, of another width, not writable.
    """
    try:
        if original.suffix == ".safetensors":
            tensors, metadata = read_safetensors(original)
            _replace_row(tensors, row, vector)
            _write(out, lambda partial: save_file(tensors, partial, metadata))
        else:
            content = read_torch(original)
            state_dict(content)  # refuses what is none
            assert isinstance(content, dict)
            nested = content.get("state_dict")
            _replace_row(nested if isinstance(nested, dict) else content, row, vector)
            _write(out, lambda partial: torch.save(content, partial))
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{original}: {error}") from error


def _replace_row(tensors: dict[str, Tensor], row: int, vector: Tensor) -> None:
    bare = {name.removeprefix("module."): name for name in tensors}
    module = recognise({name: tensors[stored] for name, stored in bare.items()})
    name = bare[module.TABLE]
    if tensors[name].dim() != 2:
        raise CheckpointError(f"tensor {name!r} has shape {tuple(tensors[name].shape)}, expected a table of classes")
    stored = tensors[name].clone()
    table = stored.T if module.TRANSPOSED else stored  # a view: writing into it writes into the copy
    if vector.shape != table[row].shape:
        raise EmbeddingError(f"the embedding has shape {tuple(vector.shape)}; a row has {tuple(table[row].shape)}")
    table[row] = vector.to(table.dtype)
    tensors[name] = stored


def _write(out: Path, save: Callable[[Path], None]) -> None:
    partial = out.with_name(f".{out.name}.partial")
    try:
        save(partial)
        os.replace(partial, out)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"cannot write {out} ({error}); give another --out") from error
