"""Safetensors, .npy and JSON: nothing is believed that the file does not hold."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganmend.errors import UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.numpy_file import read_numpy
from ganmend.files.safetensors_file import read_safetensors
from tests.fuzz.measure import address_space, measured


def safetensors_file(path: Path, header: object, data: bytes, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_safetensors_come_back(tmp_path: Path) -> None:
    save_file({"a": torch.arange(6.0).reshape(2, 3)}, tmp_path / "a.safetensors", {"key": "value"})
    tensors, facts = read_safetensors(tmp_path / "a.safetensors")
    assert torch.equal(tensors["a"], torch.arange(6.0).reshape(2, 3))
    assert facts == {"key": "value"}


HEADERS = {
    "no JSON": b"{",
    "a list": [],
    "shape beyond the data": {"a": entry("F32", [1 << 40], 0, 16)},
    "offsets beyond the data": {"a": entry("F32", [1 << 28], 0, 1 << 30)},
    "product of the shape beyond 64 bits": {"a": entry("F32", [1 << 33, 1 << 33], 0, 16)},
    "empty with a huge side": {"a": entry("F32", [0, (1 << 64) - 1], 0, 0), "b": entry("F32", [4], 0, 16)},
    "negative shape": {"a": entry("F32", [-2, -2], 0, 16)},
    "overlapping": {"a": entry("F32", [4], 0, 16), "b": entry("F32", [4], 0, 16)},
    "backwards": {"a": entry("F32", [4], 16, 0)},
    "unknown type": {"a": entry("F33", [4], 0, 16)},
    "a hole": {"a": entry("F32", [2], 0, 8)},
    "nested": b'{"a":' + b"[" * 100_000,
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_headers_that_lie_are_refused(tmp_path: Path, header: object) -> None:
    path = safetensors_file(tmp_path / "a.safetensors", header, bytes(16))
    refused_cheaply(lambda: read_safetensors(path))


@pytest.mark.parametrize("length", [0, 1, 1 << 20, 1 << 27, 1 << 62, (1 << 64) - 1])
def test_header_lengths_that_lie_are_refused(tmp_path: Path, length: int) -> None:
    path = safetensors_file(tmp_path / "a.safetensors", {"a": entry("F32", [4], 0, 16)}, bytes(16), length)
    refused_cheaply(lambda: read_safetensors(path))


def test_a_large_header_is_refused(tmp_path: Path) -> None:
    header = {f"{k}": entry("F32", [0], 0, 0) for k in range(1 << 15)}
    path = safetensors_file(tmp_path / "a.safetensors", header, b"")
    refused_cheaply(lambda: read_safetensors(path))


def npy_file(path: Path, header: str, data: bytes = bytes(16), version: bytes = b"\x01\x00") -> Path:
    size = len(header).to_bytes(2 if version[0] == 1 else 4, "little")
    path.write_bytes(b"\x93NUMPY" + version + size + header.encode("latin1") + data)
    return path


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", "<f8", "<i8", "bool"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(6).reshape(2, 3), dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    back = read_numpy(tmp_path / "a.npy")
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def header(descr: str = "'<f4'", shape: str = "(4,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"


ARRAYS = {
    "shape beyond the data": header(shape="(1099511627776,)"),
    "shape below the data": header(shape="(2,)"),
    "product beyond 64 bits": header(shape="(8589934592, 8589934592)"),
    "negative shape": header(shape="(-4,)"),
    "huge number": header(shape="(" + "9" * 5000 + ",)"),
    "texts": header("'<U1'"),
    "huge texts": header("'<U1000000000'"),
    "objects": header("'|O'"),
    "records": header("[('a', '<f4')]"),
    "arrays in arrays": header("('<f4', (4,))"),
    "huge arrays in arrays": header("('<f4', (1000000, 1000000))", "(0,)"),
    "nested": header(shape="(" * 4000),
    "no header": "x",
}


@pytest.mark.parametrize("text", ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_lie_are_refused(tmp_path: Path, text: str) -> None:
    path = npy_file(tmp_path / "a.npy", text)
    refused_cheaply(lambda: read_numpy(path))


@pytest.mark.parametrize("version", [b"\x02\x00", b"\x03\x00", b"\x09\x00"])
def test_a_header_of_gigabytes_is_refused(tmp_path: Path, version: bytes) -> None:
    path = npy_file(tmp_path / "a.npy", header(), version=version)
    path.write_bytes(path.read_bytes()[:8] + b"\xff\xff\xff\xff" + header().encode())
    refused_cheaply(lambda: read_numpy(path))


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"a": NaN}', '{"a": -Infinity}', "9" * 10_000, " " * (1 << 21), '"\x00"'],
    ids=["empty", "open", "nested", "NaN", "infinite", "huge number", "long", "control character"],
)  # fmt: skip
def test_json_that_is_none_is_refused(text: str) -> None:
    refused_cheaply(lambda: parse_json(text))


def test_text_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00")
    refused_cheaply(lambda: read_text(tmp_path / "a"))
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 33)  # a file of eight gigabytes that takes no place
    refused_cheaply(lambda: read_text(tmp_path / "a"))


def refused_cheaply(read: object) -> None:
    def refused() -> None:
        with pytest.raises(UnreadableError) as caught:
            read()  # type: ignore[operator]
        assert len(str(caught.value)) < 400

    with address_space(256 << 20):
        cost = measured(refused)
    assert cost.peak < 64 << 20
    assert cost.seconds < 5
