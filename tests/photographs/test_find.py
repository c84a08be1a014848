"""Which files below a folder count as pictures, and what is left out."""

import os
import socket
from pathlib import Path

import pytest
from PIL import Image

from ganmend.photographs.find import find_pictures, is_hidden
from ganmend.photographs.kinds import kind_of


def picture(path: Path, kind: str = "PNG") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (9, 99, 199)).save(path, format=kind)


def names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_pictures(folder).paths]


WRITTEN = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("suffix", ["", ".jpg", ".txt"])
def test_content_tells_the_kind(kind: str, suffix: str, tmp_path: Path) -> None:
    picture(tmp_path / f"a{suffix}", kind)
    found = find_pictures(tmp_path)
    assert (list(found.kinds.values()), found.skipped.total) == ([kind], 0)


def test_targa_has_no_signature_and_goes_by_its_suffix(tmp_path: Path) -> None:
    picture(tmp_path / "a.TGA", "TGA")
    picture(tmp_path / "b", "TGA")
    assert names(tmp_path) == ["a.TGA"]


@pytest.mark.parametrize(
    ("head", "suffix", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", ".jpg", "HEIF"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "", "AVIF"),
        (b"RIFF\x0a\x0d\x0a\x0dWEBPVP8 ", "", "WEBP"),
        (b"RIFF\0\0\0\0AVI LIST", ".avi", None),
        (b"BMW builds cars, and this is a note about them", ".txt", None),
        (b"P1 is the first point of the plan", ".md", None),
        (b"II is the Roman two", "", None),
        (b"%!PS-Adobe-3.0 EPSF-3.0", ".png", ""),
        (b"%!PS-Adobe-3.0 EPSF-3.0", ".ps", None),
        (b"II*\0\x10\0\0\0CR\2\0", ".cr2", ""),
        (b"", ".jpg", ""),
        (b"", ".txt", None),
        (b"<svg/>", ".svg", ""),
    ],
)
def test_what_a_head_tells(head: bytes, suffix: str, kind: str | None) -> None:
    """'' is a picture that is not read, and is counted; None is none."""
    assert kind_of(head, suffix) == kind


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".git/a.png", ".thumbnails/a.png", "__MACOSX/a.png", "@eaDir/a.png", "sub/._a.png", ".a.png"):
        picture(tmp_path / name)
    (tmp_path / "Thumbs.db").write_bytes(b"no picture")
    picture(tmp_path / "sub" / "a.png")
    found = find_pictures(tmp_path)
    assert (found.paths, found.skipped.total) == ([tmp_path / "sub" / "a.png"], 0)
    assert not is_hidden("a.b")


def test_a_hidden_folder_that_was_asked_for_is_searched(tmp_path: Path) -> None:
    picture(tmp_path / ".mine" / "a.png")
    assert names(tmp_path / ".mine") == ["a.png"]


def test_what_is_no_file_is_counted_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        found = find_pictures(tmp_path)
    assert found.paths == [tmp_path / "a.png"]
    assert str(found.skipped) == f"5 pipes, devices or links to nothing; the first is {tmp_path / 'device.png'}"


def test_links_are_followed_once(tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "b.png")
    picture(tmp_path / "real" / "a.png")
    (tmp_path / "real" / "there").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "real" / "there again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "c.png").symlink_to(tmp_path / "elsewhere" / "b.png")
    assert names(tmp_path / "real") == ["a.png", "c.png", "there/b.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_what_may_not_be_opened_is_counted(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    picture(tmp_path / "closed" / "c.png")
    (tmp_path / "b.png").chmod(0)
    (tmp_path / "closed").chmod(0)
    found = find_pictures(tmp_path)
    (tmp_path / "closed").chmod(0o755)
    assert found.paths == [tmp_path / "a.png"]
    assert str(found.skipped).startswith("2 that may not be opened")


def test_the_order_is_that_of_the_paths(tmp_path: Path) -> None:
    for name in ("b.png", "a/z.png", "a.png", "a-b/c.png", "c/a.png"):
        picture(tmp_path / name)
    found = find_pictures(tmp_path).paths
    assert found == sorted(found)
    assert len(found) == 5
