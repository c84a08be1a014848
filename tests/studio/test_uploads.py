"""Photographs that visitors send: what may be one, under which name it is kept, and how much may come."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ganmend.errors import ImageFolderError, OptionError
from ganmend.photographs.reading import Photographs
from ganmend.studio.settings import StudioSettings, served_in
from ganmend.studio.uploads import take_folder


def sent(directory: Path, name: str, content: bytes) -> Path:
    """A file as gradio puts it: in the folder of what came, below a folder of its own."""
    path = served_in(directory) / f"{abs(hash((name, content)))}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def photograph(shade: int = 0, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 90, 200)).save(file, kind)
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of 45 bytes that claims 100000 x 100000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_what_was_sent_is_a_folder_of_photographs_named_by_number(tmp_path: Path) -> None:
    files = [sent(tmp_path, "../a b.png" if not n else f"{n}.txt", photograph(n)) for n in range(6)]
    folder = take_folder(files, tmp_path)
    assert folder.parent == tmp_path / "uploads"
    assert sorted(path.name for path in folder.iterdir()) == [f"{n:04}.jpeg" for n in range(1, 7)]
    assert len(Photographs(folder, 32)) == 6
    assert {path.read_bytes() for path in folder.iterdir()} == {path.read_bytes() for path in files}


def test_the_same_photographs_again_take_no_more_room(tmp_path: Path) -> None:
    files = [sent(tmp_path, f"{n}.jpg", photograph(n)) for n in range(3)]
    assert take_folder(files, tmp_path) == take_folder(files[::-1], tmp_path)
    assert take_folder(files[:2], tmp_path) != take_folder(files, tmp_path)
    assert len(list((tmp_path / "uploads").iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jpg", b"no picture", "broken or of a kind that is not read"),
        ("a.jpg", photograph()[:300], "broken"),
        ("a.png", bomb(), "megapixels"),
        ("a.svg", b"<svg onload='alert(1)'/>", "broken or of a kind that is not read"),
        ("notes.txt", b"shopping", "broken or of a kind that is not read"),
        ("a.jpg", b"", "broken"),
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0", "broken or of a kind that is not read"),
        ("a.pt", b"PK\x03\x04 pickle", "broken or of a kind that is not read"),
    ],
)
def test_a_file_that_is_no_photograph_is_named_in_one_line(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    files = [sent(tmp_path, f"{n}.jpg", photograph(n)) for n in range(5)] + [sent(tmp_path, name, content)]
    with pytest.raises(ImageFolderError, match="1 of 6 files cannot be used") as told:
        take_folder(files, tmp_path)
    assert said in str(told.value)
    assert f"the first is {name}" in str(told.value)
    assert str(tmp_path) not in str(told.value), "where the server keeps it is not the visitor's business"
    assert not (tmp_path / "uploads").exists(), "nothing half-kept"


def test_a_file_that_was_not_sent_is_not_taken(tmp_path: Path) -> None:
    private = tmp_path / "private.jpg"
    private.write_bytes(photograph())
    link = served_in(tmp_path) / "link.jpg"
    link.parent.mkdir()
    link.symlink_to(private)
    folder = served_in(tmp_path) / "folder"
    folder.symlink_to(tmp_path)
    for path in (private, link, folder / "private.jpg", served_in(tmp_path) / ".." / "private.jpg", tmp_path / "none"):
        with pytest.raises(ImageFolderError, match="cannot be used"):
            take_folder([path], tmp_path)


def test_too_many_files_or_bytes_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [sent(tmp_path, f"{n}.jpg", photograph(n)) for n in range(3)]
    size = sum(path.stat().st_size for path in files)
    for limits, said in (
        ({"most_files": 2}, "3 files came; expected 2 at most"),
        ({"most_bytes": size - 1}, "MB at most"),
        ({"most_kept": size - 1}, "are kept already"),
    ):
        monkeypatch.setattr(
            "ganmend.studio.uploads.StudioSettings", lambda directory, m=limits: StudioSettings(directory, **m)
        )
        with pytest.raises(OptionError, match=said):
            take_folder(files, tmp_path)
    monkeypatch.setattr(
        "ganmend.studio.uploads.StudioSettings",
        lambda directory: StudioSettings(directory, most_files=3, most_bytes=size, most_kept=size),
    )
    assert take_folder(files, tmp_path).is_dir(), "as many as may"


def test_no_files_are_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no photographs came"):
        take_folder([], tmp_path)
