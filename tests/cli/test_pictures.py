"""The suffix decides what kind of picture `sample` writes, and the picture says what it shows."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from ganmend.catalog.load import load_generator
from ganmend.report.picture_file import EXIF_DESCRIPTION, EXIF_SOFTWARE
from tests.cli.command import TINY, names, run

FLOAT32 = ("--precision", "float32")


def sample(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    return run(monkeypatch, "sample", TINY, *words, "--seed", "5", *FLOAT32, *names())


@pytest.mark.parametrize(
    ("name", "kind", "lossless"),
    [("g.png", "PNG", True), ("g.PNG", "PNG", True), ("g.jpg", "JPEG", False), ("g.jpeg", "JPEG", False),
     ("g.WebP", "WEBP", False)],
)  # fmt: skip
def test_a_grid_is_of_the_kind_that_its_name_says(
    name: str, kind: str, lossless: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sample(monkeypatch, "frog", "2", "-n", "3", "--out", name) == 0
    assert sample(monkeypatch, "frog", "2", "-n", "3", "--out", "reference.png") == 0
    with Image.open(name) as picture, Image.open("reference.png") as reference:
        assert picture.format == kind
        assert picture.size == reference.size
        off = np.abs(np.asarray(picture.convert("RGB")).astype(int) - np.asarray(reference).astype(int))
        assert off.max() == 0 if lossless else off.mean() < 8


def test_a_name_without_a_suffix_and_a_folder_that_is_there_are_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample(monkeypatch, "frog", "-n", "2", "--out", "o") == 0
    Path("v1.5").mkdir()
    assert sample(monkeypatch, "frog", "-n", "2", "--out", "v1.5", "--overwrite") == 0
    for folder in ("o", "v1.5"):
        assert sorted(path.name for path in Path(folder, "frog").iterdir()) == ["00000.png", "00001.png"]


def test_a_gif_shows_a_step_of_the_walk_in_each_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["frog", "2", "--to", "cat", "-n", "5"]
    assert sample(monkeypatch, *words, "--out", "w.gif") == 0
    assert sample(monkeypatch, *words, "--out", "w.png") == 0
    tiles = np.asarray(Image.open("w.png")).astype(int)[2:, 2:].reshape(8, 66, 5, 66, 3).swapaxes(1, 2)
    with Image.open("w.gif") as film:
        frames = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0
    assert len(frames) == 5
    for step, frame in enumerate(frames):
        shown = frame[2:, 2:].reshape(2, 66, 4, 66, 3).swapaxes(1, 2).reshape(8, 66, 66, 3)
        off = [np.abs(shown - tiles[:, column]).mean() for column in range(5)]
        assert off.index(min(off)) == step, "a GIF has 256 colours, and each frame is still nearest to its own step"


def test_a_film_needs_its_library_and_says_what_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sample", "absent.pth", "0", "--to", "1", "--out", "w.mp4"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(monkeypatch, *words) == 2
    assert "w.mp4 needs the package av; install ganmend[video], or write a .gif" in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec("av") is None, reason="needs ganmend[video]")
def test_an_mp4_shows_a_step_of_the_walk_in_each_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    words = ["frog", "--to", "cat", "-n", "5"]
    assert sample(monkeypatch, *words, "--out", "w.mp4") == 0
    assert sample(monkeypatch, *words, "--out", "w.png") == 0
    tiles = np.asarray(Image.open("w.png")).astype(int)[2:, 2:].reshape(4, 66, 5, 66, 3).swapaxes(1, 2)
    with av.open("w.mp4") as film:
        assert json.loads(film.metadata["comment"])["seed"] == 5
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert len(frames) == 5
    for step in (0, 4):
        shown = frames[step][2:68, 2:].reshape(66, 4, 66, 3).swapaxes(0, 1)
        assert np.abs(shown - tiles[:, step]).mean() < np.abs(shown - tiles[:, 4 - step]).mean()


def test_a_png_says_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample(monkeypatch, "6", "-n", "3", "--out", "o", "--precision", "auto") == 0
    with Image.open("o/6/00002.png") as picture:
        said = picture.text  # type: ignore[attr-defined]
    assert said["Class"] == "frog"
    assert (said["Index"], said["Seed"], said["Sample"]) == ("6", "5", "2")
    assert said["Generator"] == load_generator(TINY).fingerprint
    assert said["Software"].startswith("ganmend ")
    assert said["Command"].startswith(f"ganmend sample {TINY} 6 -n 3 --out o --precision auto --seed 5")
    assert str(Path.cwd()) not in " ".join(said.values()), "no path that was not typed"


@pytest.mark.parametrize("name", ["g.png", "g.jpg", "g.webp", "g.gif"])
def test_a_grid_says_which_classes_it_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = ["--to", "cat"] if name == "g.gif" else []
    assert sample(monkeypatch, "frog", "2", "-n", "3", "--out", name, *walk) == 0
    with Image.open(name) as picture:
        if name == "g.png":
            said = {key.lower(): value for key, value in picture.text.items()}  # type: ignore[attr-defined]
            said = {key: json.loads(said[key]) for key in ("classes", "samples", "seed")} | {"command": said["command"]}
        elif name == "g.gif":
            said = json.loads(picture.info["comment"])
        else:
            assert picture.getexif()[EXIF_SOFTWARE].startswith("ganmend ")
            said = json.loads(picture.getexif()[EXIF_DESCRIPTION])
    assert said["classes"] == [{"index": 6, "name": "frog"}, {"index": 2, "name": "bird"}]
    assert (said["samples"], said["seed"]) == (3, 5)
    assert said["command"].startswith(f"ganmend sample {TINY} frog 2 -n 3 --out {name}")


def test_sample_says_in_json_what_it_drew(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert sample(monkeypatch, "frog", "2", "--to", "cat", "-n", "2", "--out", "w.png", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    cat = {"index": 3, "name": "cat"}
    assert said["drawn"] == [
        {"label": "frog", "index": 6, "name": "frog", "to": cat},
        {"label": "2", "index": 2, "name": "bird", "to": cat},
    ]
    assert (said["out"], said["n"], said["seed"], said["complete"]) == ("w.png", 2, 5, True)
