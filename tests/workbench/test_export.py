"""Edits put back into their checkpoint through the workbench: rows, new classes, a whole table, folders, vectors."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import CheckpointError, EmbeddingError, OptionError, OutputError
from ganmend.files.mark import MARK
from ganmend.models.protocol import Generator
from ganmend.workbench.export import Exported, export_edits
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, FIXTURES

TINY, HUGGINGFACE = FIXTURES / "brock_biggan_32.pth", FIXTURES / "hf_biggan_deep_64"


def vectors(value: float, target: str = "", k: int = 1) -> ClassEdit:
    return ClassEdit(torch.full((k, 128), float(value)), target=target)


def table(path: Path) -> torch.Tensor:
    return load_generator(path).class_embeddings


def test_each_edit_takes_the_row_of_its_target(bench: Workbench, tmp_path: Path) -> None:
    out = tmp_path / "G.pth"
    assert bench.export(TINY, [vectors(1, "frog"), vectors(2, "cat")], str(out)) == Exported(out, (6, 3))
    expected = table(TINY).clone()
    expected[6], expected[3] = 1, 2
    assert torch.equal(table(out), expected)


def test_nothing_is_appended_or_overwritten_unasked(tmp_path: Path) -> None:
    out = tmp_path / "G.pth"
    assert export_edits(CIFAR10, TINY, [vectors(1, "frog")], out).rows == (6,)
    with pytest.raises(OutputError, match="--overwrite"):
        export_edits(CIFAR10, TINY, [vectors(1, "frog")], out)


def test_or_of_the_class_that_is_named(bench: Workbench, tmp_path: Path) -> None:
    edits = [vectors(1, "frog"), vectors(2)]
    assert bench.export(TINY, edits, tmp_path / "G.pth", classes=["2", "deer"]).rows == (2, 4)
    assert table(tmp_path / "G.pth")[[2, 4], 0].tolist() == [1, 2]


def test_new_classes_come_after_the_last(bench: Workbench, tmp_path: Path) -> None:
    edits = [vectors(1, "frog"), vectors(2, "owl", k=2)]
    got = bench.export(TINY, edits, tmp_path / "G.pth", append=True)
    assert (got.out, got.rows) == (tmp_path / "G.pth", (10, 11, 12))
    assert got.class_names == (*CIFAR10, "frog 2", "owl", "owl 2")
    assert "n_classes=13" in got.note
    assert torch.equal(table(got.out)[:10], table(TINY))
    assert table(got.out)[10:, 0].tolist() == [1, 2, 2]
    named = bench.export(TINY, edits[:1], tmp_path / "H.pth", append=True, classes=["toad"])
    assert named.class_names[-1] == "toad"


def test_a_whole_table(bench: Workbench, tmp_path: Path) -> None:
    got = bench.export(TINY, [vectors(3, k=12)], tmp_path / "G.pth", table=True)
    assert got.rows == tuple(range(12))
    assert (table(got.out) == 3).all()
    assert table(got.out).shape == (12, 128)


def test_vectors_alone(bench: Workbench, tmp_path: Path) -> None:
    out = tmp_path / "both.npy"
    edits = [vectors(1, "frog"), vectors(2, k=2)]
    assert bench.export(TINY, edits, out) == Exported(out)
    assert np.load(out)[:, 0].tolist() == [1, 2, 2]
    with pytest.raises(OutputError, match="--overwrite"):
        bench.export(TINY, edits, out)
    bench.export(TINY, edits[:1], out, overwrite=True)
    assert len(np.load(out)) == 1
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(OutputError, match="is a directory; expected a file"):
        bench.export(TINY, edits, tmp_path / "folder.npy", overwrite=True)


def test_a_huggingface_checkpoint_goes_to_a_folder(hugging_face: Generator, tmp_path: Path) -> None:
    bench = Workbench(hugging_face, precision="float32")
    edit = ClassEdit(torch.full((1, 128), 4.0), target="owl")
    got = bench.export(HUGGINGFACE, [edit], tmp_path / "G", append=True)
    assert "num_classes 11 in the config.json" in got.note
    assert {path.name for path in (tmp_path / "G").iterdir()} == {MARK, "config.json", "pytorch_model.bin"}
    assert (table(tmp_path / "G")[10] == 4).all()
    with pytest.raises(OutputError, match="--overwrite"):
        bench.export(HUGGINGFACE, [edit], tmp_path / "G", classes=["0"])
    bench.export(HUGGINGFACE, [edit], tmp_path / "G", classes=["0"], overwrite=True)
    assert (table(tmp_path / "G")[0] == 4).all()
    assert len(table(tmp_path / "G")) == 10
    # A name with a suffix is the weights' file itself.
    bench.export(HUGGINGFACE, [edit], tmp_path / "own.bin", classes=["1"])
    assert (tmp_path / "own.bin").is_file()


def test_a_huggingface_folder_holds_offsets_and_a_new_class(hugging_face: Generator, tmp_path: Path) -> None:
    bench = Workbench(hugging_face, precision="float32")
    edit = ClassEdit(torch.full((1, 128), 0.4), offsets=torch.linspace(-0.2, 0.2, hugging_face.n_offsets), target="owl")
    got = bench.export(HUGGINGFACE, [edit], tmp_path / "G", append=True)
    assert "num_classes 11 in the config.json" in got.note
    assert "class 10 has offsets" in got.note
    assert "z_dim 129 in the config.json" in got.note
    config = json.loads((tmp_path / "G" / "config.json").read_text())
    assert (config["num_classes"], config["z_dim"]) == (11, 129)
    after = load_generator(tmp_path / "G")
    assert (after.dim_z, after.dim_embedding, after.fingerprint) == (128, 128, hugging_face.fingerprint)
    z = torch.randn(2, 128)
    expected = hugging_face(*edit.condition(z))
    assert (after(*class_row(after, 10).condition(z)) - expected).norm() < 1e-5 * expected.norm()
    # Beside a config.json of other weights it is refused, as the package would refuse it.
    config["z_dim"] = 130
    (tmp_path / "G" / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="gives z_dim 130"):
        load_generator(tmp_path / "G")


def test_a_file_is_not_overwritten_unasked(bench: Workbench, tmp_path: Path) -> None:
    out = tmp_path / "G.pth"
    out.write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        bench.export(TINY, [vectors(1, "frog")], out)
    assert out.read_text() == "mine"
    bench.export(TINY, [vectors(1, "frog")], out, overwrite=True)
    assert (table(out)[6] == 1).all()
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(OutputError, match="is a directory; expected a file"):
        bench.export(TINY, [vectors(1, "frog")], tmp_path / "folder.pth", overwrite=True)


@pytest.mark.parametrize(
    ("edits", "options", "answer"),
    [
        ([vectors(1, "frog")], {"append": True, "table": True}, "--append and --table exclude each other"),
        ([vectors(1), vectors(2)], {"table": True}, "--table takes one EMBEDDING"),
        ([vectors(1)], {"table": True, "classes": ["frog"]}, "--table takes one EMBEDDING and no --class"),
        ([vectors(1), vectors(2)], {"classes": ["frog"]}, "1 --class came for 2 embeddings"),
        ([vectors(1)], {"classes": ["frog", "deer"]}, "2 --class came for 1 embeddings"),
        ([vectors(1, "frog"), vectors(2, "frog")], {}, "two of the embeddings are for one class"),
    ],
)
def test_options_that_exclude_each_other(
    edits: list[ClassEdit], options: dict[str, object], answer: str, bench: Workbench, tmp_path: Path
) -> None:
    with pytest.raises(OptionError) as refused:
        bench.export(TINY, edits, tmp_path / "G.pth", **options)
    assert answer in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_file_keeps_its_kind(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"G.safetensors; expected a file like the original, .* in .pth"):
        bench.export(TINY, [vectors(1, "frog")], tmp_path / "G.safetensors")
    with pytest.raises(OptionError, match=r"G.pth; expected a file like the original, .* in .safetensors"):
        bench.export("demo", [vectors(1, "frog")], tmp_path / "G.pth")


def test_an_edit_of_another_generator(bench: Workbench, tmp_path: Path) -> None:
    other = ClassEdit(torch.ones(1, 128), generator="0" * 16, target="frog")
    with pytest.raises(EmbeddingError, match="--force"):
        bench.export(TINY, [other], tmp_path / "G.pth")
    bench.export(TINY, [other], tmp_path / "G.pth", force=True)
    assert (table(tmp_path / "G.pth")[6] == 1).all()
