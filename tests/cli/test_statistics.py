"""ganmend statistics: a folder in, a file out that --real takes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganmend.metrics.statistics import ReferenceStatistics
from tests.cli.command import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight pictures of frogs, and nine of cats."""
    numbers = np.random.default_rng(0)
    for name, n in (("frog", 8), ("cat", 9)):
        (tmp_path / "real" / name).mkdir(parents=True)
        for index in range(n):
            pixels = numbers.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "real" / name / f"{index}.png")
    return tmp_path


WORDS = ("statistics", "real", "--judge", "other", "--out", "real.safetensors")


def test_a_file_is_made_and_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *WORDS, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["classes"] == {"cat": 9, "frog": 8}
    assert (answer["resolution"], answer["out"], answer["judge"]["name"]) == (24, "real.safetensors", "tiny")
    made = ReferenceStatistics.load(folder / "real.safetensors")
    assert (made.resolution, sorted(made.classes), made.judge) == (24, ["cat", "frog"], answer["judge"]["fingerprint"])
    assert run(monkeypatch, *WORDS) == 2
    assert "real.safetensors exists" in capsys.readouterr().err
    assert run(monkeypatch, *WORDS, "--overwrite", "--resolution", "64") == 0
    said = capsys.readouterr().out
    assert "8  frog" in said
    assert "for judge tiny and generators of 64 px" in said
    assert ReferenceStatistics.load(folder / "real.safetensors").resolution == 64


def test_a_place_is_refused_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *WORDS[:-1], "real.npz") == 2
    assert "ends in .safetensors" in capsys.readouterr().err
    assert run(monkeypatch, "statistics", "real/cat", *WORDS[2:]) == 2
    assert "no sub-folder that is named for a class of tiny" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["names.txt", "real"]
