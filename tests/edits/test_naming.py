"""An edit is named by its file, or is the row of a class named or numbered."""

from pathlib import Path

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import EMBEDDING_SUFFIXES, FILE_NAME, WANTED, is_embedding, label_of, named_edit
from ganmend.errors import ClassNameError, EmbeddingError
from tests.search.stand_ins import DIM_EMBEDDING, LinearGenerator


def test_what_names_a_file_and_what_a_class() -> None:
    assert EMBEDDING_SUFFIXES == (".npy", ".safetensors", ".bin", ".pt")
    assert all(is_embedding(f"some/e{suffix}") for suffix in EMBEDDING_SUFFIXES)
    assert is_embedding("hf:owner/repository")
    assert is_embedding("E.NPY")
    assert not any(is_embedding(name) for name in ("frog", "12", "-3", "npy"))
    # What looks like a path is never answered with "no such class", but a class may be called so.
    assert all(is_embedding(name) for name in ("e.npz", "runs/frog", "frog.ckpt"))
    assert not is_embedding("apartment_building/outdoor", ("apartment_building/outdoor",))
    assert (WANTED.what, WANTED.usual, WANTED.suffixes) == ("embedding", FILE_NAME, EMBEDDING_SUFFIXES)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("frog", "frog"),
        ("7", "7"),
        ("runs/frog.npy", "frog"),
        ("runs/frog/embedding.safetensors", "frog"),
        ("embedding.safetensors", "embedding"),
        ("hf:owner/mended-frog", "mended-frog"),
        ("hf:owner/mended-frog@v2", "mended-frog"),
        ("runs/a@b", "a@b"),
        ("hf:owner/mended/frog.npy", "frog"),
        ("hf:owner/mended/embedding.safetensors", "mended"),
    ],
)
def test_what_it_is_called(text: str, label: str) -> None:
    assert label_of(text) == label


def test_a_folder_that_is_given_as_dots_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mended" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mended")
    assert [label_of(text) for text in (".", "inner/..", "../mended/.", "inner")] == [
        "mended",
        "mended",
        "mended",
        "inner",
    ]
    monkeypatch.chdir(tmp_path / "mended" / "inner")
    assert label_of("..") == "mended"


def test_a_class_or_a_file_gives_an_edit_that_fits(tmp_path: Path) -> None:
    generator, path = LinearGenerator(), tmp_path / "e.npy"
    for named in ("class 3", "3", 3):
        assert torch.equal(named_edit(named, generator).vectors, generator.class_embeddings[3:4])
    with pytest.raises(ClassNameError):
        named_edit("frog", generator)
    ClassEdit(torch.ones(1, DIM_EMBEDDING)).save(path)
    for named in (path, str(path)):
        assert torch.equal(named_edit(named, generator).vectors, torch.ones(1, DIM_EMBEDDING))
    ClassEdit(torch.ones(1, DIM_EMBEDDING + 1)).save(path)
    with pytest.raises(EmbeddingError, match="width"):
        named_edit(path, generator)


def test_another_generators_edit_needs_force(tmp_path: Path) -> None:
    generator, path = LinearGenerator(), tmp_path / "e.safetensors"
    ClassEdit(torch.ones(1, DIM_EMBEDDING), generator="other").save(path)
    with pytest.raises(EmbeddingError, match="--force"):
        named_edit(path, generator)
    assert named_edit(path, generator, force=True).generator == "other"
