"""What a checkpoint format is: how its files are told from others, read, and given another class table.

A new format is one file that ends in `FORMAT = Format(...)`, and its line in registry.py.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.files.json_text import parse_json
from ganmend.formats.class_offsets import OffsetStore
from ganmend.models.protocol import Generator

CLASS_NAMES = "class_names"  # the entry of a safetensors file's metadata that holds them, as JSON


@dataclass(frozen=True)
class ReadOptions:
    """What a format's reader may need beside the tensors; None takes the published checkpoints' value.

    Attributes:
        class_names: one a class; () where nobody gave any.
        bn_eps: eps of the conditional norms, above 0.
        sn_eps: eps of the power iteration of spectral norm, above 0.
        truncation: in (0, 1]; chooses the norms' statistics where a format stores them by truncation.
        config: the content of the JSON file beside the weights, empty where the format or the folder has none.
        metadata: of a safetensors file, empty for other files.
    """

    class_names: tuple[str, ...] = ()
    bn_eps: float | None = None
    sn_eps: float | None = None
    truncation: float | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClassTable:
    """Where a format stores its class table.

    Attributes:
        tensor: its name.
        other_length: what other programs must be told where the table has another length than it had; '{n}' stands for
            the new number of classes.
        other_width: what they must be told where embeddings have another length than they had; '{n}' stands for it.
        transposed: whether it is stored as (dim_embedding, n_classes), and not the other way round.
    """

    tensor: str
    other_length: str
    other_width: str = ""
    transposed: bool = False

    def turned(self, table: Tensor) -> Tensor:
        """A table (n_classes, dim_embedding) as it is stored; or the stored one, two-dimensional, as such a table."""
        return table.T if self.transposed else table


@dataclass(frozen=True)
class Folder:
    """The files of a checkpoint that is a folder.

    Attributes:
        weights: the file of tensors.
        config: the JSON file beside it, which says what no tensor does.
        n_classes: the entry of `config` that holds the number of classes.
        also: other names that the file of tensors may have; they are looked for before `weights`.
        width: the entry of `config` that holds the length of an embedding, or ''.
    """

    weights: str
    config: str
    n_classes: str
    also: tuple[str, ...] = ()
    width: str = ""


def with_class_names(metadata: Mapping[str, str], class_names: Sequence[str]) -> dict[str, str]:
    """The metadata of a safetensors file, with these class names in place of any others."""
    return dict(metadata) | {CLASS_NAMES: json.dumps(list(class_names))}


def class_names_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The class names that `with_class_names` put into the metadata of a safetensors file; () where there are none.

    Args:
        metadata: entries by name.

    Returns:
        One name a class, not checked.

    Raises:
        CheckpointError: they are no list.
        UnreadableError: they are no JSON.
    """
    names = parse_json(metadata.get(CLASS_NAMES, "[]"))
    if not isinstance(names, list):
        raise CheckpointError(f"its class names are {type(names).__name__}, expected a list")
    return tuple(names)


@dataclass(frozen=True)
class Format:
    """One checkpoint format.

    Attributes:
        name: by which `--format` knows it.
        full_name: the project whose code writes it.
        recognises: whether tensors are this format's, by their names alone; one that is missing should not matter, so
            that it can be named.
        read: the generator of tensors and options. It may empty the dictionary, so that each tensor is freed when it is
            folded. Raises CheckpointError where tensors are missing, unknown, or do not fit together; OptionError where
            an option cannot be followed.
        table: where the class table is.
        folder: the files of a checkpoint in a folder; None where a checkpoint is one file.
        renamed: a safetensors file's metadata with other class names; raises CheckpointError or UnreadableError where
            it is not as the format writes it.
        offsets: how its files hold offsets of classes; None where they cannot.
    """

    name: str
    full_name: str
    recognises: Callable[[Collection[str]], bool]
    read: Callable[[dict[str, Tensor], ReadOptions], Generator]
    table: ClassTable
    folder: Folder | None = None
    renamed: Callable[[Mapping[str, str], Sequence[str]], dict[str, str]] = with_class_names
    offsets: OffsetStore | None = None
