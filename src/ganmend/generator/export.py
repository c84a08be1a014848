"""An embedding put back into the checkpoint it came from."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, EmbeddingError, OutputError
from ganmend.generator.formats import recognise
from ganmend.unpickling import load_plain


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
    if original.suffix == ".safetensors":
        with safe_open(original, "pt") as file:
            tensors, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
        _replace_row(tensors, row, vector)
        _write(out, lambda partial: save_file(tensors, partial, metadata))
        return
    try:
        content = load_plain(original)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise CheckpointError(f"{original} is no checkpoint that can be read") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{original} holds {type(content).__name__}, expected a state dict of named tensors")
    nested = content["state_dict"] if isinstance(content.get("state_dict"), dict) else content
    _replace_row(nested, row, vector)
    _write(out, lambda partial: torch.save(content, partial))


def _replace_row(tensors: dict[str, Tensor], row: int, vector: Tensor) -> None:
    bare = {name.removeprefix("module."): name for name in tensors}
    module = recognise({name: tensors[stored] for name, stored in bare.items()})
    name = bare[module.TABLE]
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
