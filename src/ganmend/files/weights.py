"""A file of tensors read by what it holds, not by its name; and tensors that lie in several files, by their index."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from torch import Tensor

from ganmend.errors import UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.safetensors_file import is_safetensors, read_safetensors
from ganmend.files.torch_file import read_torch

INDEX = ".index.json"  # how the name of an index ends: model.safetensors.index.json
SHARD = re.compile(r"(.+)-\d{5}-of-\d{5}(\.\w+)")  # model-00001-of-00002.safetensors
MOST_SHARDS = 1000
KINDS = (
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISDIR, "is a folder"),
)


def read_weights(path: Path, *, objects: bool = False) -> tuple[object, dict[str, str]]:
    """What a file of tensors holds, on the CPU; of an index, the tensors of all files that it lists.

    Args:
        path: of a file that `check_file` accepted.
        objects: whether a PyTorch file may hold objects beside its tensors, which are left out.

    Returns:
        What torch.save saved, or a dictionary of tensors; and a safetensors file's metadata, empty for other files.

    Raises:
        UnreadableError: of another kind (which is named), truncated, or asking for code; the message goes on from the
            file's name.
    """
    if path.name.endswith(INDEX):
        return _from_shards(path), {}
    return read_safetensors(path) if is_safetensors(path) else (read_torch(path, objects=objects), {})


def holds_safetensors(path: Path) -> bool:
    """Whether a file that is there, or the files that an index lists, are safetensors rather than PyTorch's."""
    return path.name.endswith(f".safetensors{INDEX}") or is_safetensors(path)


def check_file(path: Path) -> None:
    """Refuse what is no plain file with something in it; nothing is opened, so that no pipe is waited for.

    Args:
        path: that should be a file.

    Raises:
        FileNotFoundError: nothing is there.
        UnreadableError: a folder, pipe, device, empty file, or link that leads nowhere, or not to be reached.
    """
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a zero byte in the name
        if path.is_symlink():
            target = f"{os.readlink(path)!r:.200}"
            raise UnreadableError(f"is a link to {target}, which is not there; fetch or copy that file") from error
        raise FileNotFoundError from error
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from error
    for holds, told in KINDS:
        if holds(facts.st_mode):
            raise UnreadableError(f"{told}, not a file; give the path of a file")
    if facts.st_size == 0:
        raise UnreadableError("is empty; copy or download it again")


def index_of(path: Path) -> Path:
    """The index that lists a file, where it is one of several and the index lies beside it; else the file itself."""
    match = SHARD.fullmatch(path.name)
    index = path.with_name(f"{match[1]}{match[2]}{INDEX}") if match else path
    return index if os.path.isfile(index) else path  # asks without an error, whatever the name


def _from_shards(index: Path) -> dict[str, Tensor]:
    """The tensors of the files that an index lists.

    Args:
        index: a JSON file whose 'weight_map' says which file beside it each tensor is in.

    Returns:
        Tensors by name.

    Raises:
        UnreadableError: it is no index, or a file is missing, broken, elsewhere, or lacks a tensor.
    """
    content = parse_json(read_text(index))
    places = content.get("weight_map") if isinstance(content, Mapping) else None
    if not isinstance(places, Mapping) or not places or not all(isinstance(name, str) for name in places.values()):
        raise UnreadableError("is no index of tensors: it has no 'weight_map' from names to files")
    files = sorted(set(places.values()))
    if len(files) > MOST_SHARDS:
        raise UnreadableError(f"lists {len(files)} files; expected {MOST_SHARDS} at most")
    tensors: dict[str, Tensor] = {}
    for file in files:
        shard = _tensors_of(index, file)
        wanted = [name for name, place in places.items() if place == file]
        if missing := [name for name in wanted if not isinstance(shard.get(name), Tensor)]:
            raise UnreadableError(f"lists the tensor {missing[0]!r:.80} in {file}, which lacks it; download both again")
        tensors |= {name: shard[name] for name in wanted}
    return tensors


def _tensors_of(index: Path, file: str) -> Mapping[str, Tensor]:
    """What one of the files of an index holds.

    Args:
        index: that lists it.
        file: its path from the index's folder, as anyone may have written it.

    Returns:
        Tensors by name.

    Raises:
        UnreadableError: it is not there or broken, or leads out of the folder.
    """
    parts = PurePosixPath(file).parts
    if not parts or ".." in parts or parts[0] == "/" or not file.isprintable() or file.endswith(INDEX):
        raise UnreadableError(f"lists {file!r:.80}; expected the name of a file beside it")
    try:
        check_file(index.parent / file)
        content, _ = read_weights(index.parent / file)
    except FileNotFoundError as error:
        raise UnreadableError(f"lists {file!r:.80}, which is not beside it; download that file too") from error
    except UnreadableError as error:
        raise UnreadableError(f"lists {file!r:.80}, which {error}") from error
    if not isinstance(content, Mapping):
        raise UnreadableError(f"lists {file!r:.80}, which holds no tensors by name")
    return content
