"""The JSON file beside a checkpoint's weights, for the formats that have one: read, and written for another table."""

import json
from collections.abc import Mapping
from pathlib import Path

from ganmend.errors import CheckpointError, OutputError, UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.weights import INDEX
from ganmend.files.writing import whole_file
from ganmend.formats.protocol import Folder


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


def write_config(original: Path, config: Mapping[str, object], folder: Folder, n_classes: int, weights: Path) -> None:
    """Put the JSON file of a checkpoint beside other weights, with their number of classes.

    Args:
        original: the weights that it lies beside.
        config: its content, as read.
        folder: what the format's files are called.
        n_classes: of the other weights; 0 where it is the original's.
        weights: the other weights, which need not be there yet.

    Raises:
        OutputError: the place cannot be written, or another file stands there, which is left alone.
    """
    content, target = original.with_name(folder.config).read_bytes(), weights.with_name(folder.config)
    if n_classes and n_classes != config.get(folder.n_classes):
        content = json.dumps(dict(config) | {folder.n_classes: n_classes}, indent=2).encode() + b"\n"
    if not target.exists():
        with whole_file(target) as partial:
            partial.write_bytes(content)
    elif target.read_bytes() != content:
        raise OutputError(f"{target} belongs to other weights; give an --out in another folder")
