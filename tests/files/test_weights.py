"""Files of tensors are read by what they hold; several by their index; what is no file is refused without a wait."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganmend.errors import UnreadableError
from ganmend.files.weights import INDEX, check_file, index_of, read_weights

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.arange(4), "c": torch.zeros(0, 2)}
SUFFIXES = (".pth", ".pt", ".bin", ".ckpt", ".pkl", ".safetensors", ".th", "")


def same(content: object) -> bool:
    assert isinstance(content, dict)
    return list(content) == list(TENSORS) and all(torch.equal(content[name], TENSORS[name]) for name in TENSORS)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["archive", "older", "safetensors"])
def test_the_content_tells_the_kind(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"G{suffix}"
    if kind == "safetensors":
        save_file(TENSORS, path, {"key": "value"})
    else:
        torch.save(TENSORS, path, _use_new_zipfile_serialization=kind == "archive")
    content, metadata = read_weights(path)
    assert metadata == ({"key": "value"} if kind == "safetensors" else {})
    assert same(content)


@pytest.mark.parametrize("more", [b"\x00", b"PK", bytes(100), b"once more"])
def test_the_older_format_ends_where_it_ends(more: bytes, tmp_path: Path) -> None:
    path = tmp_path / "G.pth"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    path.write_bytes(whole + (whole if more == b"once more" else more))
    with pytest.raises(UnreadableError, match="goes on after the end"):
        read_weights(path)
    for size in range(len(whole) - 60, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(UnreadableError, match="is truncated or damaged"):
            read_weights(path)


def test_the_older_format_ends_after_the_length_of_an_empty_tensor(tmp_path: Path) -> None:
    """torch.save writes storages in the order of their addresses, so that an empty one is the last by chance."""
    path = tmp_path / "G.pth"
    torch.save({"c": torch.zeros(0, 2)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    for size in range(len(whole) - 8, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(UnreadableError, match="is truncated or damaged"):
            read_weights(path)


def no_file(kind: str, folder: Path) -> Path:
    path = folder / "G.pth"
    if kind == "named pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link to nothing":
        path.symlink_to(folder / "blobs" / "4d7a21")
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "empty":
        path.touch()
    elif kind == "device":
        return Path("/dev/zero")
    elif kind == "long name":
        return folder / ("G" * 300)
    return path


KINDS = {
    "named pipe": "is a named pipe, not a file",
    "folder": "is a folder, not a file",
    "device": "is a device, not a file",
    "link to nothing": "is a link to '.*4d7a21', which is not there",
    "link to itself": "cannot be read: Too many levels of symbolic links",
    "long name": "cannot be read: File name too long",
    "empty": "is empty",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_named(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=KINDS[kind]):
        check_file(no_file(kind, tmp_path))


def test_a_socket_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("s")
        with pytest.raises(UnreadableError, match="is a socket"):
            check_file(Path("s"))


@pytest.mark.parametrize("path", ["absent.pth", "absent/G.pth", "a\x00b", __file__ + "/G.pth"])
def test_what_is_not_there_is_not_there(path: str) -> None:
    with pytest.raises(FileNotFoundError):
        check_file(Path(path))


@pytest.fixture
def unreadable(tmp_path: Path) -> Iterator[Path]:
    """A file that this user must not read; the working directory is its folder, so that no other one is searched."""
    before, user = Path.cwd(), os.geteuid()
    save_file(TENSORS, tmp_path / "G.safetensors")
    torch.save(TENSORS, tmp_path / "G.pth")
    for path in tmp_path.iterdir():
        path.chmod(0)
    tmp_path.chmod(0o755)
    os.chdir(tmp_path)
    if user == 0:
        os.seteuid(65534)  # whom permissions bind
    yield Path()
    os.seteuid(user)
    os.chdir(before)


@pytest.mark.parametrize("name", ["G.pth", "G.safetensors"])
def test_a_file_without_permission_is_named(name: str, unreadable: Path) -> None:
    check_file(unreadable / name)
    with pytest.raises(UnreadableError, match="cannot be read: Permission denied"):
        read_weights(unreadable / name)


def sharded(folder: Path, suffix: str = ".safetensors", places: dict | None = None) -> Path:
    """Two files and their index."""
    stem = "model" if suffix == ".safetensors" else "pytorch_model"
    names = [f"{stem}-0000{k}-of-00002{suffix}" for k in (1, 2)]
    save = save_file if suffix == ".safetensors" else torch.save
    save({"a": TENSORS["a"]}, folder / names[0])
    save({"b": TENSORS["b"], "c": TENSORS["c"]}, folder / names[1])
    index = folder / f"{stem}{suffix}{INDEX}"
    usual = {"a": names[0], "b": names[1], "c": names[1]}
    index.write_text(json.dumps({"metadata": {"total_size": 56}, "weight_map": usual | (places or {})}))
    return index


@pytest.mark.parametrize("suffix", [".safetensors", ".bin"])
def test_several_files_are_read_by_their_index(suffix: str, tmp_path: Path) -> None:
    index = sharded(tmp_path, suffix)
    assert same(read_weights(index)[0])
    assert index_of(index) == index
    shard = tmp_path / json.loads(index.read_text())["weight_map"]["b"]
    assert index_of(shard) == index
    index.unlink()
    assert index_of(shard) == shard


@pytest.mark.parametrize(
    ("place", "complaint"),
    [("../G.safetensors", "expected the name of a file beside it"), ("/etc/passwd", "expected the name of a file"),
     ("", "expected the name of a file"), ("a/../../G", "expected the name of a file"),
     ("model.safetensors.index.json", "expected the name of a file"), ("\x1b[2J", "expected the name of a file"),
     ("absent.safetensors", "is not beside it; download that file too"), ("pipe", "which is a named pipe"),
     ("pointer", "which is a Git LFS pointer"), ("list", "which holds no tensors by name"),
     ("model-00001-of-00002.safetensors", "the tensor 'b' in model-00001-of-00002.safetensors, which lacks it"),
     (3, "is no index of tensors")],
)  # fmt: skip
def test_an_index_that_leads_elsewhere_is_refused(place: object, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save_file(TENSORS, tmp_path / "G.safetensors")
    os.mkfifo(tmp_path / "in" / "pipe")
    torch.save([1], tmp_path / "in" / "list")
    (tmp_path / "in" / "pointer").write_text("version https://git-lfs.github.com/spec/v1\n")
    index = sharded(tmp_path / "in", places={"b": place})
    with pytest.raises(UnreadableError, match=complaint) as caught:
        read_weights(index)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", ["{}", "[]", '{"weight_map": {}}', '{"weight_map": [1]}'])
def test_what_is_no_index_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / f"a{INDEX}").write_text(content)
    with pytest.raises(UnreadableError, match="is no index of tensors"):
        read_weights(tmp_path / f"a{INDEX}")


def test_an_index_of_thousands_of_files_is_refused(tmp_path: Path) -> None:
    index = sharded(tmp_path, places={f"{k}": f"{k}.safetensors" for k in range(1001)})
    with pytest.raises(UnreadableError, match="expected 1000 at most"):
        read_weights(index)
