"""ganmend export: rows replaced, classes added, whole tables; and what it says about them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.cli import main
from ganmend.edits.class_edit import ClassEdit
from ganmend.files.mark import MARK
from tests.conftest import CIFAR10, FIXTURES

TINY = str(FIXTURES / "brock_biggan_32.pth")
HUGGINGFACE = str(FIXTURES / "hf_biggan_deep_64")


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("\n".join(CIFAR10) + "\n")
    Path("mended").mkdir()
    fingerprint = load_generator(TINY).fingerprint
    ClassEdit(torch.ones(1, 128), generator=fingerprint, target="frog").save(Path("mended/embedding.safetensors"))
    ClassEdit(torch.full((2, 128), 2.0), target="owl").save(Path("owls.safetensors"))
    ClassEdit(torch.ones(1, 128), torch.eye(80)).save(Path("mapped.safetensors"))
    np.save("table.npy", np.full((12, 128), 3, np.float32))
    np.save("row.npy", np.full((1, 128), 4, np.float32))


def export(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["ganmend", "export", *words])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


NAMES = ["--class-names", "names.txt"]


def test_result_directories_replace_rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        export(monkeypatch, TINY, "mended", "row.npy", "--class", "cat", "--class", "2", "--out", "G.pth", *NAMES) == 0
    )
    assert capsys.readouterr().out == "written to G.pth\n"
    after, before = (load_generator(path).class_embeddings for path in ("G.pth", TINY))
    assert [int(row) for row in (after != before).any(1).nonzero()] == [2, 3]
    assert (after[3] == 1).all()
    assert export(monkeypatch, TINY, "mended", "--out", "F.pth", *NAMES) == 0
    assert (load_generator("F.pth").class_embeddings[6] == 1).all(), "the file's target"


def test_new_classes_are_named_and_numbered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [TINY, "mended", "owls.safetensors", "row.npy", "--append", "--out", "G.pth", *NAMES]
    assert export(monkeypatch, *words) == 0
    written, *classes, note = capsys.readouterr().out.splitlines()
    assert written == "written to G.pth"
    assert classes == ["class 10: frog 2", "class 11: owl", "class 12: owl 2", "class 13: row"]
    assert note.startswith("It has 14 classes in place of 10. ganmend loads a table of any length; BigGAN-PyTorch")
    assert "n_classes=14" in note
    assert load_generator("G.pth").class_embeddings[10:, 0].tolist() == [1, 2, 2, 4]


def test_a_huggingface_generator_goes_to_a_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [HUGGINGFACE, "row.npy", "--append", "--class", "owl", "--out", "G"]
    assert export(monkeypatch, *words) == 0
    assert "num_classes 11 in the config.json" in capsys.readouterr().out
    assert sorted(path.name for path in Path("G").iterdir()) == [MARK, "config.json", "pytorch_model.bin"]
    assert (load_generator("G").class_embeddings[10] == 4).all()
    assert export(monkeypatch, *words) == 2
    assert export(monkeypatch, *words, "--overwrite") == 0


def test_a_whole_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(monkeypatch, TINY, "table.npy", "--table", "--out", "G.pth") == 0
    assert "It has 12 classes in place of 10" in capsys.readouterr().out
    assert (load_generator("G.pth").class_embeddings == 3).all()


def test_the_bundled_generator_keeps_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert export(monkeypatch, "demo", "row.npy", "--append", "--class", "deer", "--out", "G.safetensors") == 0
    assert load_generator("G.safetensors").class_names == (*load_generator("demo").class_names, "deer")


MISTAKES = {
    "no target": ([TINY, "row.npy", "--out", "o.pth", *NAMES], "no class 'row'"),
    "two for one": ([TINY, "mended", "mended", "--out", "o.pth", *NAMES], "two of the embeddings"),
    "number of classes": ([TINY, "mended", "row.npy", "--class", "cat", "--out", "o.pth"], "one for each"),
    "several vectors": ([TINY, "owls.safetensors", "--class", "3", "--out", "o.pth"], "--append gives each a row"),
    "latent map": ([TINY, "mapped.safetensors", "--append", "--out", "o.pth"], "latent map"),
    "append and table": ([TINY, "table.npy", "--append", "--table", "--out", "o.pth"], "exclude"),
    "two tables": ([TINY, "table.npy", "row.npy", "--table", "--out", "o.pth"], "one EMBEDDING"),
    "wrong suffix": (["demo", "row.npy", "--class", "0", "--out", "o.pth"], "ends in .safetensors"),
    "no folder": ([TINY, "row.npy", "--class", "0", "--out", "absent/o.pth"], "no folder"),
    "no embedding there": ([TINY, ".", "--out", "o.pth"], "no embedding file"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda name: name.replace(" ", "-"))
def test_a_mistake_is_one_line(
    mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(Path().rglob("*"))
    words, expected = MISTAKES[mistake]
    assert export(monkeypatch, *words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert expected in line
    assert sorted(Path().rglob("*")) == before, "nothing is written"
