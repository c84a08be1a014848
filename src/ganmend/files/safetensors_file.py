"""Safetensors: the header's size is checked here, its offsets by the library."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import UnreadableError
from ganmend.files.foreign import HEAD, what_it_is

LARGEST_HEADER = 1 << 20  # bytes; a thousand tensors and a thousand class names take some two hundred thousand


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do, whatever its name: the length of a JSON header, and the header.

    Args:
        path: of a file that is there.

    Returns:
        True for truncated ones, too.

    Raises:
        UnreadableError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return _begins_so(file.read(9))
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}; change its permissions, or copy it") from error


def _begins_so(head: bytes) -> bool:
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 40


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file, mapped into memory, and its metadata.

    Args:
        path: of the file.

    Returns:
        Tensors by name, on the CPU; and text by name, none where the file has no metadata.

    Raises:
        UnreadableError: of another kind (which is named), truncated, or with a header larger than LARGEST_HEADER.
    """
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a file, without its tensors.

    Args:
        path: of the file.

    Returns:
        Text by name, none where the file has no metadata.

    Raises:
        UnreadableError: as `read_safetensors` does.
    """
    with _opened(path) as file:
        return file.metadata() or {}


def write_safetensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors and texts: the same ones give the same file, byte for byte.

    Args:
        path: of the file.
        tensors: by name, none of which share memory.
        metadata: text by name.

    Raises:
        OSError: it cannot be written.
    """
    save_file(dict(tensors), path, dict(metadata) if metadata else None)
    # The library writes metadata in an order that differs from process to process.
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        if len(metadata or {}) > 1:
            header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
            ordered = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
            if len(ordered) <= length:
                file.seek(8)
                file.write(ordered.ljust(length))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The library's handle on a file whose header has a size that a checkpoint has.

    Args:
        path: of the file.

    Yields:
        The handle.

    Raises:
        UnreadableError: as `read_safetensors` does.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        if not _begins_so(head):
            raise UnreadableError(what_it_is(head, path.name))
        length = int.from_bytes(head[:8], "little")
        if length > LARGEST_HEADER:
            raise UnreadableError(f"has a safetensors header of {length} bytes; expected {LARGEST_HEADER} at most")
        with safe_open(path, "pt") as opened:
            yield opened
    except PermissionError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}; change its permissions, or copy it") from error
    except (SafetensorError, OSError, RuntimeError, ValueError, TypeError, OverflowError, AttributeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise UnreadableError(f"is not a whole safetensors file ({reason}); copy or download it again") from error
