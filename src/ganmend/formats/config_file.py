"""The JSON file beside a checkpoint's weights, for the formats that have one: read, and written for another table."""

import json
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ganmend.errors import CheckpointError, OutputError, UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.weights import INDEX
from ganmend.files.writing import whole_file
from ganmend.formats.protocol import Folder, Format


def read_config(weights: Path, folder: Folder | None) -> dict[str, object]:
    """The content of the JSON file beside a checkpoint's weights.

    Args:
        weights: the file of tensors, or the index of several; one of another suffix than the format's own and
            safetensors' has no config.
        folder: what the format's files are called; None where it has one file only.

    Returns:
        Its entries, none where there is no such file.

    Raises:
        CheckpointError: it is no JSON object.
    """
    if folder is None or not weights.name.endswith((Path(folder.weights).suffix, ".safetensors", INDEX)):
        return {}
    config = weights.with_name(folder.config)
    if not config.is_file():
        return {}
    try:
        content = parse_json(read_text(config))
    except UnreadableError as error:
        raise CheckpointError(f"{config} {error}; copy or download it again") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{config} holds no JSON object; copy or download it again")
    return content


def config_without(
    flags: int, config: Mapping[str, object], form: Format, tensors: Mapping[str, Tensor]
) -> Mapping[str, object]:
    """What a checkpoint's JSON file says, as of its tensors without the flags of classes with offsets.

    Args:
        flags: how many were taken from the tensors, see flag_columns.py.
        config: its content, perhaps nothing.
        form: of the checkpoint.
        tensors: without flags.

    Returns:
        The content, in which the length of an embedding is that of the tensors where it was that of the file.
    """
    if not flags or form.folder is None:
        return config
    width = form.table.turned(tensors[form.table.tensor]).shape[1]
    return dict(config) | {form.folder.width: width} if config.get(form.folder.width) == width + flags else config


def write_config(
    original: Path, config: Mapping[str, object], folder: Folder, changes: Mapping[str, object], weights: Path
) -> None:
    """Put the JSON file of a checkpoint beside other weights, with what is different for these.

    Args:
        original: the weights that it lies beside.
        config: its content, as read.
        folder: what the format's files are called.
        changes: entries as they are for the other weights.
        weights: the other weights, which need not be there yet.

    Raises:
        OutputError: the place cannot be written, or another file stands there, which is left alone.
    """
    content, target = original.with_name(folder.config).read_bytes(), weights.with_name(folder.config)
    if changed := {name: value for name, value in changes.items() if config.get(name) != value}:
        content = json.dumps(dict(config) | changed, indent=2).encode() + b"\n"
    if not target.exists():
        with whole_file(target) as partial:
            partial.write_bytes(content)
    elif target.read_bytes() != content:
        raise OutputError(f"{target} belongs to other weights; give an --out in another folder")
