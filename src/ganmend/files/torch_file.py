"""PyTorch's two file formats: the zip archive, and the pickles one after another that came before it."""

import io
import os
import struct
import sys
import zipfile
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from ganmend.errors import UnreadableError
from ganmend.files.foreign import HEAD, what_it_is, what_the_zip_is
from ganmend.files.pickled import Unpickler
from ganmend.files.skipping import SkippingUnpickler

LARGEST_PICKLE = 1 << 20  # bytes; the largest published BigGAN's has some 150,000
CHUNK = 1 << 20
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the format before the zip archive
WRITTEN_MAGIC = MAGIC.to_bytes(10, "little")  # as a pickle holds it
AGAIN = "copy or download it again"


def read_torch(path: Path, *, objects: bool = False) -> object:
    """The plain containers and tensors of a file, on the CPU; at most as many bytes as the file has are allocated.

    Args:
        path: of a file that `torch.save` wrote, in the newer format or the older one.
        objects: whether it may hold objects, which are left out; see `SkippingUnpickler`. Else they are refused.

    Returns:
        What was saved.

    Raises:
        UnreadableError: of another kind (which is named), compressed, broken, asking for code, or claiming more than it
            holds.
    """
    reader = SkippingUnpickler if objects else Unpickler
    try:
        with _Guarded(io.FileIO(path)) as file:
            head = file.read(HEAD)
            file.seek(0)
            if head.startswith(b"PK\x03\x04"):
                return _from_archive(file, reader)
            if WRITTEN_MAGIC in head[:32]:
                return _from_pickles(file, reader)
    except PermissionError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}; change its permissions, or copy it") from error
    except (
        ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError,
        struct.error, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise UnreadableError(f"is truncated or damaged; {AGAIN}") from error
    raise UnreadableError(what_it_is(head, path.name))


class _Guarded(io.BufferedReader):
    """Gives at most CHUNK bytes at once, so that nothing is allocated for a size that is only claimed."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(CHUNK if size is None or size < 0 else min(size, CHUNK))


def _from_archive(file: _Guarded, reader: type[Unpickler]) -> object:
    # torch.save stores each storage as an entry `NAME/data/KEY`, uncompressed, and the pickle that asks for them.
    size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        if told := what_the_zip_is(list(entries)):
            raise UnreadableError(told)
        if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in entries.values()):
            raise UnreadableError(
                "is a compressed archive, which PyTorch does not write; save it again with torch.save"
            )
        if len(entries) != len(archive.infolist()) or sum(info.file_size for info in entries.values()) > size:
            raise UnreadableError(f"is an archive whose entries overlap; {AGAIN}")
        (pickled,) = (name for name in entries if name.count("/") == 1 and name.endswith("/data.pkl"))
        folder = pickled.removesuffix("data.pkl")
        if f"{folder}byteorder" in entries and archive.read(f"{folder}byteorder") != sys.byteorder.encode():
            raise UnreadableError("was saved on a machine of another byte order; save it again on this one")
        if entries[pickled].file_size > LARGEST_PICKLE:
            raise UnreadableError("holds far more than tensors; save its state dict alone")
        storages: dict[str, Tensor] = {}

        def storage(key: str, dtype: torch.dtype, numel: int) -> Tensor:
            info = entries[f"{folder}data/{key}"]
            if info.file_size != numel * dtype.itemsize:
                raise ValueError(f"storage {key} has {info.file_size} bytes, not {numel} numbers of {dtype}")
            if key not in storages:
                storages[key] = torch.empty(info.file_size, dtype=torch.uint8)
                with archive.open(info) as stored:
                    _fill(storages[key], stored)
            return storages[key].view(dtype)

        return reader(storage, size).load(io.BytesIO(archive.read(pickled)))


def _from_pickles(file: _Guarded, reader: type[Unpickler]) -> object:
    # Five pickles (magic number, version, byte order, content, keys), then each storage: its length and its bytes.
    left = os.fstat(file.fileno()).st_size
    storages: dict[str, tuple[Tensor, int]] = {}

    def storage(key: str, dtype: torch.dtype, numel: int) -> Tensor:
        nonlocal left
        if key not in storages:
            left -= numel * dtype.itemsize
            if left < 0:
                raise UnreadableError(f"claims storages that are larger than the file; {AGAIN}")
            storages[key] = torch.empty(numel * dtype.itemsize, dtype=torch.uint8), numel
        return storages[key][0].view(dtype)

    stream, unpickler = io.BytesIO(file.read(LARGEST_PICKLE)), reader(storage, left)
    if (unpickler.load(stream), unpickler.load(stream)) != (MAGIC, PROTOCOL):
        raise ValueError("neither an archive nor the older format")
    facts = unpickler.load(stream)
    if not isinstance(facts, dict) or facts.get("little_endian") is not (sys.byteorder == "little"):
        raise UnreadableError("was saved on a machine of another byte order; save it again on this one")
    content, keys = unpickler.load(stream), unpickler.load(stream)
    if not isinstance(keys, list) or not all(type(key) is str for key in keys) or sorted(keys) != sorted(storages):
        raise ValueError("storages are missing, or not asked for")
    file.seek(stream.tell())
    for key in keys:
        stored, numel = storages[key]
        if file.read(8) != numel.to_bytes(8, sys.byteorder):
            raise ValueError(f"storage {key} has another size")
        _fill(stored, file)
    if file.read(1):
        raise UnreadableError(f"goes on after the end that PyTorch wrote: it is damaged, or two files in one; {AGAIN}")
    return content


def _fill(raw: Tensor, stream: IO[bytes]) -> None:
    """Read as many bytes as a tensor has; at an archive's entry this checks its checksum.

    Args:
        raw: (bytes,) uint8, filled.
        stream: stands where they begin.

    Raises:
        EOFError: it has fewer.
    """
    view, start = raw.numpy().data, 0
    while start < len(view):
        chunk = stream.read(min(CHUNK, len(view) - start))
        if not chunk:
            raise EOFError
        view[start : start + len(chunk)] = chunk
        start += len(chunk)
