"""A wrong class, index or embedding is refused before the generator's weights are read."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import ganmend.catalog.load
from ganmend import diagnose, repair, repurpose, sample
from ganmend.catalog.known_names import known_names
from ganmend.catalog.source import GeneratorSource
from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import ClassNameError, EmbeddingError
from ganmend.formats.native import write_generator
from ganmend.models.protocol import Generator
from tests.cli.command import QUICK, TINY, names, run
from tests.conftest import CIFAR10


@pytest.fixture(autouse=True)
def _nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_a: object, **_k: object) -> None:
        raise AssertionError("the weights were read")

    monkeypatch.setattr(ganmend.catalog.load, "read_file", read)


VERBS = {
    "sample": ["sample", TINY, "{}", "--out", "o"],
    "nearest": ["nearest", TINY, "{}"],
    "evaluate": ["evaluate", TINY, "{}", "--judge", "other"],
    "walk": ["sample", TINY, "0", "--to", "{}", "--out", "o.png"],
    "repair": ["repair", TINY, "{}", "--classifier", "tiny", "--out", "o", *QUICK],
    "debias": ["debias", TINY, "{}", "--classifier", "tiny", "--out", "o", *QUICK],
}
WRONG = {
    "zebra": "no class 'zebra'",
    "10": "class index 10 is outside 0 to 9",
    "-1": "class index -1 is outside 0 to 9",
    "gone.npy": "no embedding file at gone.npy",
    "gone/e.safetensors": "no embedding file at gone/e.safetensors",
    "broken.npy": "broken.npy is no whole .npy file",
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("verb", VERBS)
def test_each_verb(verb: str, wrong: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.npy").write_text("x")
    words = ["--", wrong] if wrong == "-1" else [wrong]
    at = VERBS[verb].index("{}")
    typed = [*VERBS[verb][:at], *VERBS[verb][at + 1 :], *names()]
    if verb == "walk":
        typed = [*VERBS[verb][:at], wrong, *VERBS[verb][at + 1 :], *names()]
        words = []
    assert run(monkeypatch, *typed, *words) == 2
    answer = " ".join(capsys.readouterr().err.split())
    assert (WRONG[wrong] if verb not in ("repair", "debias") or "." not in wrong else "no class") in answer


@pytest.mark.parametrize("wrong", ["zebra", "10"])
def test_export(wrong: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("e.npy", np.zeros((1, 128), np.float32))
    assert run(monkeypatch, "export", TINY, "e.npy", "--class", wrong, "--out", "G.pth", *names()) == 2
    assert WRONG[wrong] in capsys.readouterr().err
    assert run(monkeypatch, "export", TINY, "gone.npy", "--out", "G.pth") == 2
    assert "no embedding file" in capsys.readouterr().err


def test_a_target_of_evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("zebra", "10"):
        words = ["evaluate", TINY, "0", "--judge", "other", "--target", wrong, *names()]
        assert run(monkeypatch, *words) == 2
        assert WRONG[wrong] in capsys.readouterr().err


def test_functions_too() -> None:
    known = {"classifier": "tiny", "judge": "other"}
    for wrong in ("zebra", 10, "10"):
        for task in (repair, repurpose):
            with pytest.raises(ClassNameError):
                task("demo", wrong, **known)  # type: ignore[operator]
        with pytest.raises(ClassNameError):
            sample("demo", wrong)
    with pytest.raises(ClassNameError, match="no class 'bullfrog'"):
        diagnose("demo", judge="other", class_map={"frog": "bullfrog"})
    with pytest.raises(EmbeddingError):
        sample("demo", Path("gone"))


def test_what_is_right_is_not_refused() -> None:
    for right in ("frog", 6, "6"):
        with pytest.raises(AssertionError, match="weights were read"):
            sample("demo", right)
    with pytest.raises(AssertionError, match="weights were read"):
        sample(TINY, "frog")  # nobody knows yet


def test_where_names_are_known(tiny_generator: Generator) -> None:
    write_generator(tiny_generator, "G.safetensors", "here")
    assert known_names(GeneratorSource("G.safetensors")) == CIFAR10
    assert known_names(GeneratorSource("demo")) == tuple(name for name in CIFAR10 if name not in ("deer", "truck"))
    save_file(load_file("G.safetensors"), "H.safetensors", {"class_names": json.dumps(["a", "b"])})
    assert known_names(GeneratorSource("H.safetensors")) == ("a", "b"), "as an export writes them"
    assert known_names(GeneratorSource("H.safetensors", class_names="names.txt")) == CIFAR10
    assert known_names(GeneratorSource("biggan-deep-512"))[207] == "golden retriever"
    for unknown in (TINY, "gone.pth", "hf:owner/repository"):
        assert known_names(GeneratorSource(unknown)) == ()


@pytest.mark.parametrize("table", ["table.npy", "TABLE.NPY"])
def test_a_table_and_names_of_another_length(
    table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(table).open("wb") as file:
        np.save(file, np.ones((9, 4), np.float32))
    ClassEdit(torch.ones(1, 4)).save("e.npy")
    for words in (["nearest", table, "e.npy"], ["nearest", table, "0"], ["classes", table]):
        assert run(monkeypatch, *words, *names()) == 2
        assert f"10 class names came for {table}, a table of 9 classes" in capsys.readouterr().err
        assert run(monkeypatch, *words) == 0
        capsys.readouterr()
