"""A file that is no checkpoint is named for what it is, whatever its name says."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ganmend.errors import UnreadableError
from ganmend.files.foreign import what_it_is, what_the_zip_is
from ganmend.files.weights import read_weights


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"content" * 20)
    return stream.getvalue()


def tarred(format: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        archive.addfile(tarfile.TarInfo("G.pth"), io.BytesIO())
    return stream.getvalue()


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def image(kind: str) -> bytes:
    return saved(lambda stream: Image.new("RGB", (8, 8)).save(stream, kind))


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 281984\n"
FILES = {
    "Git LFS pointer": (POINTER.encode(), "is a Git LFS pointer.*git lfs pull"),
    "git-annex pointer": (b"/annex/objects/SHA256E-s3--abc.pth\n", "is a git-annex pointer"),
    "HTML": (b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>", "is an HTML page"),
    "HTML with a byte order mark": (b"\xef\xbb\xbf<HTML lang=de>" + "ö".encode() * 600, "is an HTML page"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "is XML"),
    "JSON": (b'{\n "channel_width": 8}', "is JSON"),
    "text": ("Größe\n".encode() * 200, "is a text file"),
    "text cut in a letter": (b"a" * 511 + "ö".encode() + b"a" * 100, "is a text file"),
    "gzip": (gzip.compress(b"x" * 1000), "is compressed by gzip"),
    "bzip2": (bz2.compress(b"x" * 1000), "is compressed by bzip2"),
    "xz": (lzma.compress(b"x" * 1000), "is compressed by xz"),
    "tar": (tarred(tarfile.PAX_FORMAT), "is a tar archive"),
    "tar of GNU": (tarred(tarfile.GNU_FORMAT), "is a tar archive"),
    "zip of something": (zipped("G.pth", "readme.txt"), "is a zip archive that torch.save did not write.*G.pth"),
    "zip of nothing": (zipped(), "is an empty zip archive"),
    "npy": (saved(lambda stream: np.save(stream, np.ones(3))), "is a NumPy array"),
    "npz": (saved(lambda stream: np.savez(stream, a=np.ones(3))), r"is a NumPy archive \(.npz\)"),
    "npz compressed": (saved(lambda stream: np.savez_compressed(stream, a=np.ones(3))), r"is a NumPy archive"),
    "PNG": (image("PNG"), "is a PNG image"),
    "JPEG": (image("JPEG"), "is a JPEG image"),
    "GIF": (image("GIF"), "is a GIF image"),
    "WebP": (image("WEBP"), "is a WebP image"),
    "TIFF": (image("TIFF"), "is a TIFF image"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "is a PDF document"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file"),
    "pickle": (pickle.dumps({"a": [1, 2]}), "is a pickle that torch.save did not write"),
    "zeros": (bytes(2000), "begins with zeros"),
    "anything": (bytes(range(200, 240)), "neither a PyTorch nor a safetensors file: .* c8 c9 ca"),
    "TensorFlow's list": (b'model_checkpoint_path: "model.ckpt-7"\n', "the list of a TensorFlow checkpoint"),
}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".bin", ""])
@pytest.mark.parametrize("kind", FILES)
def test_files_are_named_by_their_content(kind: str, suffix: str, tmp_path: Path) -> None:
    content, expected = FILES[kind]
    path = tmp_path / f"G{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=expected) as caught:
        read_weights(path)
    assert str(caught.value).isprintable()
    assert "truncated" not in str(caught.value)


def test_a_torchscript_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "G.pt").write_bytes(zipped("G/data.pkl", "G/code/__torch__.py", "G/constants.pkl", "G/version"))
    with pytest.raises(UnreadableError, match="is a TorchScript archive"):
        read_weights(tmp_path / "G.pt")


ARCHIVES = {
    "torch.export": (["G/archive_format", "G/models/model.json"], "torch.export"),
    "torch.export of old": (["serialized_exported_program.json", "serialized_state_dict.json"], "torch.export"),
    "torch.package": (["G/.data/extern_modules", "G/model/model.pkl"], "torch.package"),
    "Keras": (["config.json", "model.weights.h5"], "did not write"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_are_named_by_their_entries(kind: str) -> None:
    names, expected = ARCHIVES[kind]
    assert expected in what_the_zip_is(names)


def test_what_torch_saves_is_no_other_archive() -> None:
    stream = io.BytesIO()
    torch.save({"a": torch.ones(1)}, stream)
    assert what_the_zip_is(zipfile.ZipFile(stream).namelist()) == ""


@pytest.mark.parametrize(
    "name", ["model.ckpt-7.index", "model.ckpt-7.meta", "saved_model.pb", "model.ckpt-7.data-00000-of-00001"]
)
def test_tensorflow_is_named_by_the_name(name: str) -> None:
    assert "TensorFlow" in what_it_is(bytes(range(200, 240)), name)


@pytest.mark.parametrize("content", ["archive", "safetensors"])
def test_what_is_cut_is_called_so(content: str, tmp_path: Path) -> None:
    tensors, path = {"a": torch.ones(1000)}, tmp_path / "G"
    (torch.save if content == "archive" else save_file)(tensors, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UnreadableError, match=r"is truncated or damaged|is not a whole safetensors file"):
        read_weights(path)
