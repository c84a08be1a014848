"""--capacity: what it searches reaches the file, and every verb knows such a file."""

import json
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.edit_file import load_edit
from ganmend.edits.sampling import draw
from ganmend.models.protocol import Generator
from tests.cli.command import QUICK, TINY, names, run

MEND = [TINY, "frog", "--classifier", "tiny", *QUICK, "--set", "keep=last", *names()]
FROG = 6


@pytest.mark.parametrize(
    ("verb", "capacity"), [("repair", "row"), ("repair", "layers"), ("repurpose", "norms"), ("debias", "norms")]
)
def test_the_file_holds_what_was_asked(
    verb: str, capacity: str, monkeypatch: pytest.MonkeyPatch, tiny_generator: Generator
) -> None:
    assert run(monkeypatch, verb, *MEND, "--out", "o", "--capacity", capacity) == 0
    edit = load_edit("o")
    assert edit.is_row == (capacity == "row")
    assert (None if edit.offsets is None else len(edit.offsets)) == (
        None if capacity == "row" else tiny_generator.n_offsets
    )
    assert edit.offsets is None or edit.offsets.abs().max() > 0
    settings = json.loads(Path("o/config.json").read_text())
    assert settings["capacity"] == settings["request"]["config"]["capacity"] == capacity


def test_an_unknown_capacity_is_answered_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "repair", *MEND, "--out", "o", "--capacity", "gains") == 2
    assert "capacity is 'gains'; expected one of row, layers, norms" in " ".join(capsys.readouterr().err.split())
    assert not Path("o").exists()


@pytest.fixture
def offsets_of_a_frog() -> Path:
    """A file of a vector that says nothing, and the offsets that make a frog's gains and biases of it."""
    gan = load_generator(TINY)
    frog = gan.class_embeddings[FROG].expand(len(gan.conditional_layers), -1)
    path = Path("frog.safetensors")
    ClassEdit(torch.zeros(1, gan.dim_embedding), offsets=gan.offsets_of(frog), generator=gan.fingerprint).save(path)
    return path


def test_nearest_counts_the_offsets(
    offsets_of_a_frog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "nearest", TINY, str(offsets_of_a_frog), "-n", "2", "--json", *names()) == 0
    said = json.loads(capsys.readouterr().out)
    ((first, second),) = said["nearest"]
    assert (said["by"], first["name"]) == ("gains and biases", "frog")
    assert first["cosine"] == pytest.approx(1, abs=1e-5)
    assert first["distance"] == pytest.approx(0, abs=1e-3)
    assert second["distance"] > 0.1
    assert run(monkeypatch, "nearest", TINY, "frog", "--json", *names()) == 0
    assert json.loads(capsys.readouterr().out)["by"] == "embeddings"


def test_a_table_alone_cannot_place_offsets(
    offsets_of_a_frog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ClassEdit(load_generator(TINY).class_embeddings).save("table.npy")
    assert run(monkeypatch, "nearest", "table.npy", str(offsets_of_a_frog)) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "has offsets of gains and biases; give the generator, not its class table alone" in said


def test_samples_and_walks_draw_the_offsets(offsets_of_a_frog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the row whose gains and biases they make: to the bytes of the pictures, but for rounding."""
    from PIL import Image

    def picture(*words: str) -> torch.Tensor:
        assert run(monkeypatch, "sample", TINY, *words, "-n", "3", "--out", "p.png", "--overwrite", *names()) == 0
        with Image.open("p.png") as image:
            return torch.frombuffer(bytearray(image.convert("RGB").tobytes()), dtype=torch.uint8).float()

    for words in ([], ["--to", "cat"]):
        by_offsets, by_row, other = (picture(what, *words) for what in (str(offsets_of_a_frog), "frog", "dog"))
        assert (by_offsets - by_row).abs().max() <= 3
        assert (other - by_row).abs().max() > 10


@pytest.mark.parametrize(("how", "index"), [(["--class", "cat"], 3), (["--append", "--class", "newt"], 10)])
def test_an_exported_class_has_the_offsets(
    how: list[str], index: int, offsets_of_a_frog: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert run(monkeypatch, "export", TINY, str(offsets_of_a_frog), "--out", "G.pth", *how, *names()) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"class {index} has offsets, a flag each at the end of every embedding: BigGAN-PyTorch loads it" in said
    assert "shared_dim=129" in said
    assert ("n_classes=11" in said) == (index == 10)
    assert load_generator("G.pth").classes_with_offsets.tolist() == [index]
    # Of the exported class whose gains and biases are a frog's, the nearest classes are itself and the frog.
    assert run(monkeypatch, "nearest", "G.pth", str(index), "-n", "2", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["by"] == "gains and biases"
    assert {near["index"] for near in said["nearest"][0]} == {index, FROG}
    assert run(monkeypatch, "info", "G.pth", "--json") == 0
    assert json.loads(capsys.readouterr().out)["classes_with_offsets"] == [index]


@pytest.mark.parametrize(("out", "how"), [("e.npy", ["--class", "frog"]), ("e.npy", []), ("G.pth", ["--table"])])
def test_no_table_of_vectors_leaves_offsets_out(
    out: str, how: list[str], offsets_of_a_frog: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert run(monkeypatch, "export", TINY, str(offsets_of_a_frog), "--out", out, *how, *names()) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "offsets of gains and biases cannot stand in a table of vectors alone; export to a checkpoint" in said
    assert not Path(out).exists()


def test_an_exported_generator_is_mended_on(offsets_of_a_frog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One class has offsets already, another is mended and exported after it: both are drawn as their edits are."""
    assert run(monkeypatch, "export", TINY, str(offsets_of_a_frog), "--class", "dog", "--out", "G.pth", *names()) == 0
    mend = ["G.pth", "cat", *MEND[2:], "--capacity", "norms", "--set", "offsets_learning_rate=0.1"]
    assert run(monkeypatch, "repair", *mend, "--out", "mended") == 0
    assert run(monkeypatch, "export", "G.pth", "mended", "--out", "H.pth", *names()) == 0
    exported, original = load_generator("H.pth"), load_generator(TINY)
    for name, index in ((offsets_of_a_frog, 5), ("mended", 3)):
        edit, row = load_edit(name), class_row(exported, index)
        edit.check(original)  # the fingerprint of what was mended is the original's
        drawn, expected = (next(draw(*what, 4, seed=1)) for what in ((exported, row), (original, edit)))
        assert (drawn - expected).norm() < 1e-5 * expected.norm()
        assert (next(draw(original, class_row(original, index), 4, seed=1)) - expected).norm() > 0.01 * expected.norm()
