"""PyTorch archives made by hand, for what torch.save would never write."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

HEAD = b"\x80\x02"


def write_archive(path: Path, pickled: bytes, storages: Mapping[str, bytes] | None = None, method: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("a/byteorder", b"little")
        for key, content in (storages or {}).items():
            archive.writestr(f"a/data/{key}", content)
    return path


def integer(n: int) -> bytes:
    return b"J" + struct.pack("<i", n)


def text(string: str) -> bytes:
    return b"X" + struct.pack("<I", len(string)) + string.encode()


def tensor(key: str, numel: int, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    """The opcodes that put a float32 tensor on the stack."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + integer(numel) + b"tQ"
    sizes, strides = (b"(" + b"".join(map(integer, numbers)) + b"t" for numbers in (size, stride))
    hooks = b"ccollections\nOrderedDict\n)R"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(offset) + sizes + strides + b"\x89" + hooks + b"tR"
    )


def dictionary(**values: bytes) -> bytes:
    """A whole pickle."""
    return HEAD + b"}(" + b"".join(text(name) + value for name, value in values.items()) + b"u."
