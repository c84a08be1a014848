"""Embeddings put back into the checkpoint they came from, as rows of its class table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, EmbeddingError, OutputError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.torch_file import read_torch
from ganmend.files.writing import whole_file
from ganmend.formats import huggingface, native
from ganmend.formats.huggingface import CONFIG
from ganmend.formats.registry import recognise
from ganmend.formats.tensors import read_config, state_dict


def patch_checkpoint(
    original: Path, rows: int | Sequence[int], vectors: Tensor, out: Path, class_names: Sequence[str] = ()
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
        CheckpointError, EmbeddingError, OutputError: unreadable, of another width, not writable.
    """
    n_classes = len(class_names)
    try:
        if original.suffix == ".safetensors":
            tensors, metadata = read_safetensors(original)
            note = _patch_table(tensors, rows, vectors, n_classes)
            if class_names:
                metadata = _with_names(metadata, class_names)
            with whole_file(out) as partial:
                save_file(tensors, partial, metadata)
        else:
            content = read_torch(original)
            state_dict(content)  # refuses what is none
            assert isinstance(content, dict)
            nested = content.get("state_dict")
            tensors = nested if isinstance(nested, dict) else content
            config = read_config(original) if huggingface.TABLE in tensors else {}
            note = _patch_table(tensors, rows, vectors, n_classes)
            if config:
                _write_config(original, config, n_classes, out)
            with whole_file(out) as partial:
                torch.save(content, partial)
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{original}: {error}") from error
    return note


def _patch_table(tensors: dict[str, Tensor], rows: int | Sequence[int], vectors: Tensor, n_classes: int) -> str:
    """Put the new table in the old one's place; 0 classes keeps their number."""
    bare = {name.removeprefix("module."): name for name in tensors}
    module = recognise({name: tensors[stored] for name, stored in bare.items()})
    name = bare[module.TABLE]
    if tensors[name].dim() != 2:
        raise CheckpointError(f"tensor {name!r} has shape {tuple(tensors[name].shape)}, expected a table of classes")
    before = tensors[name].T if module.TRANSPOSED else tensors[name]
    after = _new_table(before, rows, vectors, n_classes or len(before))
    tensors[name] = after.T.contiguous() if module.TRANSPOSED else after
    return "" if len(after) == len(before) else module.OTHER_LENGTH.format(n=len(after))


def _new_table(before: Tensor, rows: int | Sequence[int], vectors: Tensor, n_classes: int) -> Tensor:
    """The table (n_classes, dim) in the old one's type: its rows as far as they go, then `vectors` in `rows`."""
    kept = min(len(before), n_classes)
    after = before.new_full((n_classes, before.shape[1]), torch.nan)
    after[:kept] = before[:kept]
    if vectors.shape != after[rows].shape:
        raise EmbeddingError(f"the embedding has shape {tuple(vectors.shape)}; expected {tuple(after[rows].shape)}")
    after[rows] = vectors.to(after.dtype)
    if not after.isfinite().all():
        raise EmbeddingError(f"a row is not given, or holds numbers that the table's {after.dtype} cannot")
    return after


def _with_names(metadata: Mapping[str, str], class_names: Sequence[str]) -> dict[str, str]:
    """The metadata of a safetensors file with other class names, where its format keeps them."""
    if native.NAME not in metadata:
        return dict(metadata) | {"class_names": json.dumps(list(class_names))}
    facts = parse_json(metadata[native.NAME])
    if not isinstance(facts, dict):
        raise CheckpointError("its metadata is not ganmend's; convert the original again")
    return dict(metadata) | {native.NAME: json.dumps(facts | {"class_names": list(class_names)})}


def _write_config(original: Path, config: Mapping[str, object], n_classes: int, out: Path) -> None:
    """The original's config.json beside `out`, with the new number of classes; another one there is left alone."""
    content, target = original.with_name(CONFIG).read_bytes(), out.with_name(CONFIG)
    if n_classes and n_classes != config.get("num_classes"):
        content = json.dumps(dict(config) | {"num_classes": n_classes}, indent=2).encode() + b"\n"
    if not target.exists():
        with whole_file(target) as partial:
            partial.write_bytes(content)
    elif target.read_bytes() != content:
        raise OutputError(f"{target} belongs to other weights; give an --out in another folder")
