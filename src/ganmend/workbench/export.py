"""Edits put back into the checkpoint that their generator came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ganmend.catalog.load import checkpoint_path
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.class_table import TableEdit, append_classes, plain_vectors, replace_rows, replace_table
from ganmend.errors import OptionError
from ganmend.files.directories import write_directory
from ganmend.files.outputs import check_out
from ganmend.files.weights import INDEX, holds_safetensors
from ganmend.formats.export import patch_checkpoint
from ganmend.formats.registry import weights_in


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        out: where.
        rows: of the class table that hold the edits; () where vectors alone were written.
        class_names: of all classes afterwards; () where number and names stayed.
        note: what other programs must be told where the table has another shape or classes have offsets, or ''.
    """

    out: Path
    rows: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    note: str = ""


def export_edits(
    class_names: Sequence[str],
    checkpoint: str | Path,
    edits: Sequence[ClassEdit],
    out: str | Path,
    *,
    classes: Sequence[str] = (),
    append: bool = False,
    table: bool = False,
    overwrite: bool = False,
) -> Exported:
    """Write a checkpoint whose class table holds the edits, every other tensor bit for bit the same.

    The offsets of an edit stand in columns of their own, see `patch_checkpoint`.

    Args:
        class_names: of the generator.
        checkpoint: the path or name that it was loaded from.
        edits: of single vectors, perhaps with offsets, without latent map.
        out: a file like the original; a folder for a huggingface checkpoint; or .npy for the vectors alone.
        classes: whose row each edit takes, or a new class's name; () takes the edits' targets.
        append: add each vector as a new class after the last.
        table: replace the whole table by the one edit's vectors.
        overwrite: replace what stands at `out`.

    Returns:
        What was written.

    Raises:
        CheckpointError, ClassNameError, EmbeddingError: the checkpoint cannot be read, or an edit does not fit.
        OptionError: options that exclude each other, or edits that a table cannot hold.
        OutputError: the place cannot be written.
    """
    out = Path(out)
    if append and table:
        raise OptionError("--append and --table exclude each other")
    if out.suffix == ".npy":
        check_out(out, overwrite=overwrite, directory=False)
        ClassEdit(torch.cat([plain_vectors(edit) for edit in edits])).save(out)
        return Exported(out)
    if table:
        if len(edits) > 1 or classes:
            raise OptionError("--table takes one EMBEDDING and no --class: its vectors become the table")
        change = replace_table(class_names, edits[0])
    else:
        if classes and len(classes) != len(edits):
            raise OptionError(f"{len(classes)} --class came for {len(edits)} embeddings; give one for each, or none")
        pairs = list(zip(classes or [edit.target for edit in edits], edits, strict=True))
        change = (append_classes if append else replace_rows)(class_names, pairs)
    note = _write(checkpoint_path(checkpoint), change, out, overwrite)
    return Exported(out, tuple(change.rows), change.class_names, note)


def _write(checkpoint: Path, change: TableEdit, out: Path, overwrite: bool) -> str:
    """Write the patched checkpoint: a file, or, where a huggingface one is to go to a folder, that folder.

    Args:
        checkpoint: the original's file.
        change: of its class table.
        out: where to.
        overwrite: replace what stands there.

    Returns:
        What other programs must be told, or ''.

    Raises:
        OptionError: the place's name is not that of a file of the original's format.
    """
    name = checkpoint.name.removesuffix(INDEX)  # of several files that an index lists, one is made
    safetensors = holds_safetensors(checkpoint)
    usual = ".safetensors" if safetensors else Path(name).suffix
    if safetensors != (out.suffix == ".safetensors") and out.suffix not in ("", checkpoint.suffix):
        raise OptionError(f"--out is {out}; expected a file like the original, whose name ends in {usual}")
    notes: list[str] = []

    def patch(path: Path) -> None:
        rows, vectors, names = change.rows, change.vectors, change.class_names
        notes.append(patch_checkpoint(checkpoint, rows, vectors, path, names, change.offsets))

    if weights_in(checkpoint.parent) == checkpoint and not out.suffix:
        write_directory(out, lambda folder: patch(folder / name), overwrite=overwrite)
    else:
        check_out(out, overwrite=overwrite, directory=False)
        patch(out)
    return notes[0]
