"""Lists with a name twice, names that list synonyms, and classes that classifier and judge call otherwise."""

import json
from pathlib import Path

import pytest

from ganmend.edits.edit_file import load_edit
from tests.cli.command import QUICK, TINY, run
from tests.conftest import CIFAR10

TWICE = ["--class-names", "twice.txt"]
NETWORKS = ["--classifier", "tiny", "--judge", "other"]
Streams = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _lists() -> None:
    Path("twice.txt").write_text("\n".join(["frog", *CIFAR10[1:]]))  # classes 0 and 6
    Path("listed.txt").write_text("\n".join([*CIFAR10[:6], "tree frog, frog", *CIFAR10[7:]]))
    Path("other.txt").write_text("\n".join([*CIFAR10[:6], "green one", *CIFAR10[7:]]))


def test_each_of_two_classes_of_one_name_is_mended_by_index(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    assert run(monkeypatch, "repair", TINY, "0", "6", *NETWORKS, "--out", "o", *QUICK, *TWICE, "--json") == 0
    said = capsys.readouterr()
    frogs = json.loads(said.out)["repair"]
    assert {key: frogs[key]["class"] for key in frogs} == {
        "0": {"index": 0, "name": "frog"},
        "6": {"index": 6, "name": "frog"},
    }
    assert [json.loads(Path(f"o/{row}/config.json").read_text())["before_index"] for row in (0, 6)] == [0, 6]
    assert "the generator has several classes 'frog': class 0 is taken for 'frog' of tiny" in " ".join(said.err.split())


@pytest.mark.parametrize("row", ["0", "6"])
def test_one_of_them_by_index_in_other_verbs(row: str, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    assert run(monkeypatch, "evaluate", TINY, row, "--judge", "other", "-n", "9", *TWICE, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["class"] == said["target"] == {"index": int(row), "name": "frog"}
    words = ["evaluate", TINY, "2", "--target", row, "--judge", "other", "-n", "9", *TWICE, "--json"]
    assert run(monkeypatch, *words) == 0
    assert json.loads(capsys.readouterr().out)["target"] == {"index": int(row), "name": "frog"}
    assert run(monkeypatch, "nearest", TINY, row, "-n", "1", *TWICE, "--json") == 0
    assert json.loads(capsys.readouterr().out)["nearest"][0][0]["index"] == int(row)
    assert run(monkeypatch, "sample", TINY, row, "-n", "1", "--out", "p.png", *TWICE, "--json") == 0
    assert json.loads(capsys.readouterr().out)["drawn"][0]["index"] == int(row)


@pytest.mark.parametrize("verb", ["repair", "debias", "sample", "nearest"])
def test_by_name_is_one_line_that_gives_the_indices(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    more = {"nearest": [], "sample": ["--out", "o"]}.get(verb, [*NETWORKS, "--out", "o", *QUICK])
    assert run(monkeypatch, verb, TINY, "frog", *more, *TWICE) == 2
    assert "the generator has 2 classes 'frog'; give an index: 0, 6" in capsys.readouterr().err
    assert not Path("o").exists()


def test_classifier_and_judge_know_a_synonym(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    named = ["--class-names", "listed.txt"]
    for target in ("frog", "Tree-Frog", "6"):
        words = ["repair", TINY, target, *NETWORKS, "--out", "o", "--overwrite", *QUICK, *named, "--json"]
        assert run(monkeypatch, *words) == 0
        (answer,) = json.loads(capsys.readouterr().out)["repair"].values()
        assert answer["class"] == {"index": 6, "name": "tree frog, frog"}
    assert run(monkeypatch, "evaluate", TINY, "o", "--judge", "other", "-n", "9", *named) == 0


@pytest.mark.parametrize("way", [["--as", "frog"], ["--class-map", "map.json"]])
def test_an_edit_of_a_class_that_is_called_otherwise_is_judged_later(
    way: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    Path("map.json").write_text('{"green one": "frog"}')
    named = ["--class-names", "other.txt"]
    words = ["repair", TINY, "6", *NETWORKS, "--out", "o", *QUICK, *named]
    assert run(monkeypatch, *words) == 2
    assert "the classifier tiny has no class 'green one'" in capsys.readouterr().err
    assert run(monkeypatch, *words, *way, "--json") == 0
    answer = json.loads(capsys.readouterr().out)["repair"]["green one"]
    assert answer["class"] == answer["before_class"] == {"index": 6, "name": "green one"}
    details = load_edit("o").details
    assert (details["classifier_class"], details["judge_class"]) == ("frog", "frog")
    accuracies = []
    for more in ([], ["--target", "frog"]):
        assert run(monkeypatch, "evaluate", TINY, "o", "--judge", "other", "-n", "20", *named, *more, "--json") == 0
        accuracies.append(json.loads(capsys.readouterr().out)["judge_probability"])
    assert accuracies[0] == accuracies[1] == answer["after"]["judge_probability"]
    assert run(monkeypatch, "evaluate", TINY, "6", "--judge", "other", "-n", "9", *named) == 2
    assert "give the judge's name for it as --target, or photographs of it by --images" in capsys.readouterr().err


def test_as_goes_with_one_class(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    words = ["repair", TINY, "6", "2", *NETWORKS, "--out", "o", *QUICK, "--class-names", "other.txt", "--as", "frog"]
    assert run(monkeypatch, *words) == 2
    assert "--as goes with one class; 2 came: use --class-map" in capsys.readouterr().err
    assert not Path("o").exists()
