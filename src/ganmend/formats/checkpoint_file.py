"""The generator in a checkpoint file, whatever its name, kind and format."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ganmend.errors import CheckpointError, UnreadableError
from ganmend.files.weights import check_file, read_weights
from ganmend.formats.finding import find_generator
from ganmend.formats.protocol import Format


@dataclass(frozen=True)
class StoredGenerator:
    """A generator as its file has it.

    Attributes:
        form: its format.
        tensors: by the format's names, on the CPU, of the types that the file has.
        metadata: of a safetensors file; empty for other files.
        note: which was taken of several, going on from the file's name; or ''.
    """

    form: Format
    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    note: str


def read_file(path: Path, wanted: str = "") -> StoredGenerator:
    """The generator in a file of PyTorch or safetensors, or in the files that an index lists.

    Args:
        path: of the file; what it holds tells its kind, not its suffix.
        wanted: the name of a format; '' recognises it.

    Returns:
        The generator; nothing else of the file is kept.

    Raises:
        CheckpointError: missing, of another kind, truncated, without a generator, or needing more than tensors and
            plain containers.
        OptionError: no format is called `wanted`.
    """
    try:
        check_file(path)
        content, metadata = read_weights(path)
        found, note = find_generator(content, wanted)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"no file at {path}: give the path of a generator checkpoint, 'demo', a published name such as "
            "biggan-deep-128, or hf:OWNER/REPO"
        ) from error
    except (UnreadableError, CheckpointError) as error:
        raise CheckpointError(f"{path} {error}") from error
    return StoredGenerator(found.form, found.tensors(), metadata, note)
