"""The file of a class edit: safetensors with its tensors and where they came from; other forms are read too."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganmend.catalog.names import find_class, index_of, is_index, knows_class
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import EmbeddingError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.numpy_file import read_numpy
from ganmend.files.paths import as_path
from ganmend.files.safetensors_file import read_safetensors, write_safetensors
from ganmend.files.torch_file import read_torch
from ganmend.files.writing import whole_file
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import Wanted, fetch
from ganmend.models.protocol import Generator

FILE_NAME = "embedding.safetensors"  # in a result directory, and in a repository on the hub
EMBEDDING_SUFFIXES = (".npy", ".safetensors", ".bin", ".pt")
OTHER_SUFFIXES = (".pth", ".ckpt", ".th", ".npz", ".json")  # of files that may be meant, and of no class
PUBLISHED_NAME = re.compile(r"\d{3}_(.+)")
# Keys under which programs keep the one tensor, whatever it shows.
NAMELESS = ("", "*", "embedding", "embeddings", "emb_params", "vectors", "weight")
WANTED = Wanted("embedding", FILE_NAME, EMBEDDING_SUFFIXES)
FORMAT = "ganmend-embedding-1"
# Tensors of the file beside 'vectors', with their number of dimensions.
BESIDE_AN_EDIT = (".html", ".json", ".jsonl", ".png")  # what a result directory also holds
OPTIONAL = {"latent_map": 2, "offsets": 1, "weights": 1}


def save_edit(edit: ClassEdit, path: str | Path) -> None:
    """Write .safetensors, or the paper's (K, dim) float32 .npy where the name ends so.

    Args:
        edit: what is written.
        path: of the new file.

    Raises:
        EmbeddingError: a .npy is asked for, which holds vectors only, and the edit has more.
        OutputError: the place cannot be written.
    """
    path = Path(path)
    more = {name: tensor for name in OPTIONAL if (tensor := getattr(edit, name)) is not None}
    if path.suffix == ".npy":
        if more:
            raise EmbeddingError(f"a .npy holds vectors only, this embedding also {', '.join(more)}; save .safetensors")
        with whole_file(path) as partial, partial.open("wb") as file:
            np.save(file, edit.vectors.numpy())
        return
    tensors = {name: tensor.contiguous() for name, tensor in ({"vectors": edit.vectors} | more).items()}
    facts = {"generator": edit.generator, "target": edit.target, "details": json.dumps(edit.details)}
    with whole_file(path) as partial:
        write_safetensors(partial, tensors, {"format": FORMAT} | facts)


def is_embedding(text: str, class_names: Sequence[str] = ()) -> bool:
    """Whether a text names an embedding's file or a result directory, here or on the hub, rather than a class.

    Args:
        text: what a user typed.
        class_names: of the generator; a class of that name is meant before a file or folder of that name.

    Returns:
        True for an address, a name that ends as embeddings' files do, and whatever else exists or looks like a path.
    """
    if is_address(text) or text.lower().endswith(EMBEDDING_SUFFIXES):
        return True
    if not text.strip() or is_index(text) or knows_class(text, class_names):
        return False
    return Path(text).exists() or "/" in text or text.lower().endswith(OTHER_SUFFIXES)


def label_of(text: str, class_names: Sequence[str] = ()) -> str:
    """What to call a class or an embedding file: as it is given, or by its name, which may be its folder's."""
    if not is_embedding(text, class_names):
        return text
    path = Path(text)
    if is_address(text) and not parse_address(text).file:  # hf:OWNER/REPO[@REVISION]
        return path.name.partition("@")[0]
    if not text.lower().endswith(EMBEDDING_SUFFIXES):  # a folder
        return path.name if path.name not in ("", "..") else Path(os.path.abspath(path)).name
    return (path.parent.name if path.stem == "embedding" else "") or path.stem


def class_shown(text: str, edit: ClassEdit, class_names: Sequence[str]) -> tuple[int | None, str]:
    """The class that an edit shows, by the generator's index, None where it does not have it, and by name.

    Args:
        text: by which a user named the edit.
        edit: that it stands for.
        class_names: of the generator.

    Returns:
        Index and name; the name is '' where an embedding's file does not say what it shows.
    """
    index = index_of(edit.target, class_names)
    if not is_embedding(text, class_names):
        index = find_class(text, class_names)
    return index, edit.target if index is None else class_names[index]


def named_edit(text: str | int | Path, generator: Generator, *, force: bool = False) -> ClassEdit:
    """An embedding file's content, or the row of a class given by name or index.

    Args:
        text: the path or hub address of a file, a result directory, or a class of the generator.
        generator: that is to draw it.
        force: accept an embedding found for another generator of the same widths.

    Returns:
        An edit that fits the generator.

    Raises:
        ClassNameError: no such class.
        EmbeddingError: the file is missing or broken, or does not fit.
        HubError: it is to be downloaded and cannot be.
    """
    if isinstance(text, Path) or (isinstance(text, str) and is_embedding(text, generator.class_names)):
        edit = load_edit(text)
        edit.check(generator, force=force)
        return edit
    return class_row(generator, find_class(text, generator.class_names))


def load_edit(path: str | Path) -> ClassEdit:
    """Read an edit: what `save_edit` wrote, or another program's embedding.

    Others are a (dim,) or (K, dim) .npy, a tensor that PyTorch saved, and a PyTorch or safetensors dictionary with one
    tensor of that shape, perhaps beside a name and a step, as programs for textual inversion write it.

    Args:
        path: of the file, whatever its suffix; of a result directory; or hf:OWNER/REPO[/FILE].

    Returns:
        The edit; `check` tells whether it fits a generator.

    Raises:
        EmbeddingError: missing, broken, or of no usable shape.
        HubError: it is to be downloaded and cannot be.
    """
    place = as_path(path)
    path = fetch(parse_address(path), WANTED) if is_address(path) else place
    if path.is_dir():
        path = path / FILE_NAME
    if not path.is_file():
        raise EmbeddingError(f"no embedding file at {path}; give a file, or a folder that repair wrote")
    if path.suffix.lower() in BESIDE_AN_EDIT and (path.parent / FILE_NAME).is_file():
        raise EmbeddingError(f"{path} lies beside an edit and holds none; give the folder {path.parent} instead")
    try:
        kind = _kind_of(path)
        if kind == ".npy":
            edit = _from_numpy(path)
        else:
            edit = _from_safetensors(path) if kind == ".safetensors" else _from_torch(read_torch(path))
    except UnreadableError as error:  # its words go on from the file's name
        raise EmbeddingError(f"{path} {error}") from error
    except EmbeddingError as error:
        raise EmbeddingError(f"{path}: {error}") from error
    published = PUBLISHED_NAME.fullmatch(path.stem)  # the paper's files: 007_cock.npy
    return edit if edit.target or not published else replace(edit, target=published[1].replace("_", " "))


def _kind_of(path: Path) -> str:
    """'.npy', '.safetensors' or '.pt', by the file's suffix where that says it, else by its first bytes."""
    suffix = path.suffix.lower()
    if suffix in (".npy", ".safetensors"):
        return suffix
    with path.open("rb") as file:
        head = file.read(9)
    if head.startswith(b"\x93NUMPY"):
        return ".npy"
    return ".safetensors" if head[8:] == b"{" else ".pt"


def _from_numpy(path: Path) -> ClassEdit:
    array = read_numpy(path)
    if array.dtype.kind != "f":
        raise EmbeddingError(f"the array is of {array.dtype}; expected floating-point numbers")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinity, and is refused as such
        return ClassEdit(torch.from_numpy(np.atleast_2d(array).astype(np.float32)))


def _from_safetensors(path: Path) -> ClassEdit:
    tensors, facts = read_safetensors(path)
    if "vectors" not in tensors:
        return _from_dictionary(tensors)
    details = parse_json(facts.get("details", "{}"))
    if not isinstance(details, dict):
        raise EmbeddingError("its details are no JSON object")
    return ClassEdit(
        _floats("vectors", tensors["vectors"], (1, 2)),
        **{name: _floats(name, tensors[name], (n,)) for name, n in OPTIONAL.items() if name in tensors},
        generator=facts.get("generator", ""),
        target=facts.get("target", ""),
        details={key: str(value) for key, value in details.items()},
    )


def _from_torch(content: object) -> ClassEdit:
    """What a PyTorch file holds: a tensor, or a dictionary; the webui keeps its vectors in one more dictionary."""
    if isinstance(content, Tensor):
        return _from_dictionary({"": content})
    inner = content.get("string_to_param") if isinstance(content, Mapping) else None
    if isinstance(content, Mapping) and isinstance(inner, Mapping):
        return _from_dictionary(dict(inner) | {"name": content.get("name")})
    return _from_dictionary(content)


def _from_dictionary(content: object) -> ClassEdit:
    """The one tensor of a dictionary: its key is the target, or the dictionary's 'name' where the key says nothing.

    Args:
        content: of the file; what is no tensor stands beside it (a name, a step).

    Returns:
        The edit.

    Raises:
        EmbeddingError: it is no dictionary of one tensor.
    """
    tensors = (
        {key: value for key, value in content.items() if isinstance(value, Tensor)}
        if isinstance(content, Mapping)
        else {}
    )
    if not isinstance(content, Mapping) or len(tensors) != 1:
        raise EmbeddingError(f"it holds {_described(content)}; expected 'vectors', or a dictionary of one tensor")
    ((key, tensor),) = tensors.items()
    vectors, name = _floats(str(key), tensor, (1, 2)), content.get("name")
    target = str(key).strip("<>")
    if target in NAMELESS:
        target = name if isinstance(name, str) else ""
    return ClassEdit(vectors if vectors.dim() == 2 else vectors[None], target=target)


def _floats(name: str, tensor: object, dimensions: tuple[int, ...]) -> Tensor:
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.dim() not in dimensions:
        expected = " or ".join(("(n,)", "(m, n)")[n - 1] for n in dimensions)
        raise EmbeddingError(f"{name!r:.80} is no {expected} floating-point tensor")
    return tensor.float()


def _described(content: object) -> str:
    return (
        f"the tensors {sorted(map(str, content))[:3]!s:.200}"
        if isinstance(content, Mapping)
        else type(content).__name__
    )
