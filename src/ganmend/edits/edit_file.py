"""The file of a class edit: safetensors with its tensors and where they came from; other forms are read too."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.catalog.names import find_class
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import EmbeddingError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.numpy_file import read_numpy
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.torch_file import read_torch
from ganmend.files.writing import whole_file
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import Wanted, fetch
from ganmend.models.protocol import Generator

FILE_NAME = "embedding.safetensors"  # in a result directory, and in a repository on the hub
EMBEDDING_SUFFIXES = (".npy", ".safetensors", ".bin", ".pt")
WANTED = Wanted("embedding", FILE_NAME, EMBEDDING_SUFFIXES)
FORMAT = "ganmend-embedding-1"
# Tensors of the file beside 'vectors', with their number of dimensions.
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
            np.save(file, edit.vectors.float().numpy())
        return
    tensors = {name: tensor.float().contiguous() for name, tensor in ({"vectors": edit.vectors} | more).items()}
    facts = {"generator": edit.generator, "target": edit.target, "details": json.dumps(edit.details)}
    with whole_file(path) as partial:
        save_file(tensors, partial, {"format": FORMAT} | facts)


def is_embedding(text: str) -> bool:
    """Whether it names an embedding's file, here or on the hub, rather than a class."""
    return is_address(text) or text.endswith(EMBEDDING_SUFFIXES)


def label_of(text: str) -> str:
    """What to call a class or an embedding file: as it is given, or by its name, which may be its folder's."""
    if not is_embedding(text):
        return text
    path = Path(text)
    if path.suffix not in EMBEDDING_SUFFIXES:  # hf:OWNER/REPO
        return path.name
    return (path.parent.name if path.stem == "embedding" else "") or path.stem


def named_edit(text: str | int | Path, generator: Generator, *, force: bool = False) -> ClassEdit:
    """An embedding file's content, or the row of a class given by name or index.

    Args:
        text: the path or hub address of a file, or a class of the generator.
        generator: that is to draw it.
        force: accept an embedding found for another generator of the same widths.

    Returns:
        An edit that fits the generator.

    Raises:
        ClassNameError: no such class.
        EmbeddingError: the file is missing or broken, or does not fit.
        HubError: it is to be downloaded and cannot be.
    """
    if isinstance(text, Path) or (isinstance(text, str) and is_embedding(text)):
        edit = load_edit(text)
        edit.check(generator, force=force)
        return edit
    return class_row(generator, find_class(text, generator.class_names))


def load_edit(path: str | Path) -> ClassEdit:
    """Read what `save_edit` wrote; a (dim,) or (K, dim) .npy; or a .bin, .pt or .safetensors dictionary of one tensor.

    Args:
        path: of the file, or hf:OWNER/REPO[/FILE].

    Returns:
        The edit; `check` tells whether it fits a generator.

    Raises:
        EmbeddingError: missing, broken, or of no usable shape.
        HubError: it is to be downloaded and cannot be.
    """
    path = fetch(parse_address(path), WANTED) if is_address(path) else Path(path)
    if not path.is_file():
        raise EmbeddingError(f"no embedding file at {path}")
    try:
        if path.suffix == ".npy":
            return _from_numpy(path)
        if path.suffix == ".safetensors":
            return _from_safetensors(path)
        return _from_dictionary(read_torch(path))
    except (UnreadableError, EmbeddingError) as error:
        raise EmbeddingError(f"{path}: {error}") from error


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


def _from_dictionary(content: object) -> ClassEdit:
    """The one tensor of a dictionary, as textual inversion saves it: its name is the target.

    Args:
        content: of the file.

    Returns:
        The edit.

    Raises:
        EmbeddingError: it is no dictionary of one tensor.
    """
    if not isinstance(content, Mapping) or len(content) != 1:
        raise EmbeddingError(f"it holds {_described(content)}; expected 'vectors', or a dictionary of one tensor")
    ((name, tensor),) = content.items()
    vectors = _floats(str(name), tensor, (1, 2))
    return ClassEdit(vectors if vectors.dim() == 2 else vectors[None], target=str(name).strip("<>"))


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
