"""A number means the generator's class in every verb; names are printed as they are."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.command import QUICK, TINY, run
from tests.conftest import CIFAR10

# The generator's classes in another order than the classifiers', which are CIFAR-10's.
TURNED = (*CIFAR10[5:], *CIFAR10[:5])


@pytest.mark.parametrize("verb", ["repair", "repurpose", "debias"])
def test_a_number_is_the_generators_class(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In 0.1.0 `repair demo 5` mended dog, whose number is the classifier's, where `sample demo 5` drew frog."""
    Path("turned.txt").write_text("\n".join(TURNED))
    words = [verb, TINY, "1", "--class-names", "turned.txt", "--classifier", "tiny", "--out", "o", *QUICK, "--json"]
    assert run(monkeypatch, *words) == 0
    assert list(json.loads(capsys.readouterr().out)[verb]) == [TURNED[1]] == ["frog"]
    assert json.loads(Path("o/config.json").read_text())["target"] == "frog"
    if verb != "repurpose":
        assert json.loads(Path("o/config.json").read_text())["before_index"] == 1


def test_evaluates_target_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("turned.txt").write_text("\n".join(TURNED))
    answers = []
    for target in ("1", "frog"):
        words = ["evaluate", TINY, "ship", "--target", target, "--judge", "other", "-n", "12", "--json"]
        assert run(monkeypatch, *words, "--class-names", "turned.txt") == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]


def test_square_brackets_are_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("markup.txt").write_text("\n".join(["[/b]", "[red]x", *CIFAR10[2:]]))
    named = ["--class-names", "markup.txt"]
    for words in (["classes", TINY], ["info", TINY], ["nearest", TINY, "[/b]", "-n", "10"]):
        assert run(monkeypatch, *words, *named) == 0
        out = capsys.readouterr().out
        assert "[/b]" in out
        assert "[red]x" in out
    assert run(monkeypatch, "sample", TINY, "[/b]", "-n", "1", "--out", "a[/b]c", *named) == 0
    assert "written to a[/b]c" in capsys.readouterr().out


def test_an_embedding_without_its_generator_is_used_and_doubted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("007_cock.npy", np.zeros((1, 128), np.float32))
    assert run(monkeypatch, "sample", TINY, "007_cock.npy", "-n", "1", "--out", "o") == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "007_cock.npy does not say which generator it was found for" in err
    assert run(monkeypatch, "sample", TINY, "0", "-n", "1", "--out", "p") == 0
    assert "does not say" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("classes", "answer"),
    [
        (["frog", "zebra"], "no class 'zebra'"),
        (["frog", "6"], "asked for twice"),
        (["frog", "frog"], "asked for twice"),
    ],
)
def test_all_classes_are_looked_up_before_the_first_is_mended(
    classes: list[str], answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["repair", TINY, *classes, "--classifier", "tiny", "--out", "o", *QUICK, "--class-names", "names.txt"]
    assert run(monkeypatch, *words) == 2
    assert answer in capsys.readouterr().err
    assert not Path("o").exists()
