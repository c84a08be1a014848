"""Photographs as the target, by the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.request import MendRequest
from tests.cli.command import QUICK, TINY, names, run


def folder_of(name: str, bright: int, n: int = 20) -> str:
    numbers = np.random.default_rng(bright)
    Path(name).mkdir()
    for index in range(n):
        pixels = numbers.integers(0, bright, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(f"{name}/{index:02}.png")
    return name


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.workbench.row_features.SAMPLES_A_ROW", 6)


def test_two_folders_are_two_classes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [
        "--images",
        folder_of("dark", 60),
        "--images",
        folder_of("bright", 256),
        "--name",
        "night",
        "--name",
        "day",
    ]
    folders += ["--against", folder_of("grey", 120), "--judge", "other", "--backbone", "tiny"]
    status = run(monkeypatch, "repurpose", TINY, *names(), *folders, "--out", "o", "--json", *QUICK)
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert set(told["repurpose"]) == {"night", "day"}
    assert told["repurpose"]["day"]["notes"][0].startswith("A probe on tiny tells")
    assert told["repurpose"]["day"]["after"]["n_real"] == 6
    request = MendRequest.from_dict(json.loads(Path("o/day/config.json").read_text())["request"])
    assert request.images is not None
    assert request.images == FolderTarget({"night": "dark", "day": "bright"}, ("grey",), "tiny")
    assert MendRequest.from_dict(json.loads(json.dumps(request.as_dict()))) == request


def test_a_folder_is_called_as_it_is_named_or_as_class(monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of("dusk", 60)
    for words, out in (([], "o/dusk"), (["frog"], "o/frog"), (["--name", "dawn"], "o/dawn")):
        status = run(
            monkeypatch,
            "repurpose",
            TINY,
            *words,
            *names(),
            "--images",
            "dusk",
            "--judge",
            "other",
            "--out",
            out,
            *QUICK,
        )
        assert status == 0
        assert json.loads(Path(out, "config.json").read_text())["target"] == Path(out).name


def test_an_edit_is_judged_later_by_the_photographs_that_were_held_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "evaluate",
        TINY,
        "frog",
        *names(),
        "--images",
        folder_of("dark", 60),
        "--judge",
        "other",
        "-n",
        "9",
        "--json",
    ]
    assert run(monkeypatch, *words, "--name", "night") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["target"]["name"] == "night"
    assert told["judge"]["name"] == "a probe on tiny"
    assert told["n_real"] == 6
    assert len(told["notes"]) == 2
    folder_of("bright", 256)
    for more in (["--images", "bright"], ["--target", "frog"]):
        assert run(monkeypatch, *words, *more) == 2
        assert "one folder of --images says what is judged" in capsys.readouterr().err


def test_what_every_network_meets_in_a_folder_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(folder_of("dark", 60), "broken.png").write_bytes(b"no picture")
    words = ["evaluate", TINY, "frog", *names(), "--images", "dark", "--judge", "other", "-n", "9"]
    assert run(monkeypatch, *words) == 0
    assert capsys.readouterr().err.count("skipped 1 of 21 files") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", " "], "a sentence is ' '; expected words"),
        (
            ["frog", "--classifier", "tiny", "--classifier", "tiny"],
            "the classifiers tiny, tiny came, of which two are the same network",
        ),
        (["--name", "x"], "--name goes with --images or --text, and none came"),
        (["--against", "dark"], "--against goes with --images, and none came"),
        (["--backbone", "tiny"], "--backbone goes with --images, and none came"),
        (["--images", "none"], "no folder at none: expected a folder of photographs"),
        (["--images", "few"], "few holds 4 photographs of few; expected 5 or more"),
        (["--images", "dark", "a", "b"], "1 folders of --images came and 2 names; expected one name for each"),
        (["--images", "dark", "a", "--name", "b"], "CLASS and --name both came"),
        (
            ["--images", "dark", "--images", "few", "--name", "a", "--name", "a"],
            "two folders of --images are called 'a'",
        ),
        (["--images", "dark", "--real", "dark"], "images and real were both given"),
        (["--images", "dark", "--name", "something else"], "is called 'something else'; give it another name"),
    ],
)
def test_what_does_not_fit_is_one_line(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_of("dark", 60)
    folder_of("few", 60, 4)
    classifier = [] if {"--images", "--text", "--classifier"} & {*words} else ["--classifier", "tiny"]
    assert run(monkeypatch, "repurpose", TINY, *words, *names(), *classifier, "--out", "o", *QUICK) == 2
    [line] = capsys.readouterr().err.strip().splitlines()
    assert message in line
    assert not Path("o").exists()
