"""ganmend debias --balance: what it answers, and each mistake in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import QUICK, TINY, names, run

DEBIAS = ["debias", TINY, "frog", "--classifier", "tiny", "--judge", "other", "--out", "o", *QUICK, *names()]
ANIMALS = ["--balance", "purring=class:cat", "--balance", "barking=class:dog"]


@pytest.fixture(autouse=True)
def _folders() -> None:
    for name, n in (("red", 5), ("blue", 5), ("few", 4), ("empty", 0)):
        Path(name).mkdir()
        for index in range(n):
            pixels = np.full((32, 32, 3), 20 * index, np.uint8)
            pixels[..., 0 if name == "red" else 2] = 200
            Image.fromarray(pixels).save(Path(name) / f"{index}.png")


def test_shares_stand_in_json_and_the_request_in_the_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *DEBIAS, *ANIMALS, "--shares", "0.25,0.75", "--json") == 0
    shares = json.loads(capsys.readouterr().out)["debias"]["frog"]["shares"]
    assert [(one["name"], one["wished"]) for one in shares["attributes"]] == [("purring", 0.25), ("barking", 0.75)]
    balance = json.loads(Path("o/config.json").read_text())["request"]["balance"]
    assert balance["attributes"] == {"purring": "class:cat", "barking": "class:dog"}
    assert balance["shares"] == [0.25, 0.75]


def test_shares_are_shown_in_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(monkeypatch, *DEBIAS, *ANIMALS, "--balance-judge", "tiny") == 0
    shown = capsys.readouterr().out
    assert "shares of attributes, counted by tiny" in " ".join(shown.split())
    (row,) = [line.split() for line in shown.splitlines() if line.split()[:1] == ["purring"]]
    assert row[1] == "0.5", "equal shares where none are said"
    assert "guided the search, so it says nothing" in shown


FOLDERS = ["--balance", "red=red", "--balance", "blue=blue"]
MISTAKES = {
    "sum": ([*FOLDERS, "--shares", "0.2,0.7"], "the shares 0.2, 0.7 sum to 0.9; expected 1"),
    "count": ([*FOLDERS, "--shares", "1"], "1 shares came for 2 attributes; expected one each, of red, blue"),
    "no numbers": ([*FOLDERS, "--shares", "a,b"], "--shares 'a,b': expected numbers between commas"),
    "one attribute": (["--balance", "red=red"], "one attribute came, red; a balance takes two or more"),
    "no pair": (["--balance", "red"], "--balance 'red': expected NAME=FOLDER"),
    "twice": (["--balance", "red=red", "--balance", "red=blue"], "--balance names 'red' twice"),
    "empty folder": ([*FOLDERS, "--balance", "none=empty"], "empty holds 0 photographs of the attribute none"),
    "too few": (
        [*FOLDERS, "--balance", "few=few"],
        "few holds 4 photographs of the attribute few",
    ),
    "missing folder": ([*FOLDERS, "--balance", "green=green"], "no folder at green"),
    "unknown class": ([*ANIMALS, "--balance", "x=class:zebra"], "no class 'zebra'"),
    "kinds": ([*FOLDERS, "--balance", "cat=class:cat"], "differ in kind"),
    "one class": ([*ANIMALS, "--balance", "x=class:3"], "are one class of tiny"),
    "shares alone": (["--shares", "0.2,0.8"], "--shares 0.2,0.8 goes with --balance"),
    "a judge alone": (["--balance-judge", "other"], "--balance-judge other goes with --balance"),
    "NaN": ([*ANIMALS, "--balance-by", "broken"], "gives NaN"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_nothing_is_written(
    mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, answer = MISTAKES[mistake]
    assert run(monkeypatch, *DEBIAS, *words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert answer in line
    assert not Path("o").exists()


def test_only_debias_takes_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "repair", *DEBIAS[1:], *ANIMALS) == 2
    assert "--balance" in capsys.readouterr().err
