"""Embeddings as people have them: other programs' files, any suffix, folders, the paper's names."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import is_embedding, load_edit
from ganmend.errors import EmbeddingError

VECTOR = torch.arange(8.0)[None]
WEBUI = {"string_to_token": {"*": 265}, "string_to_param": {"*": VECTOR}, "name": "cat", "step": 499}
FORMS = {
    "a tensor": (VECTOR, ""),
    "one row": (VECTOR[0], ""),
    "textual inversion": ({"<cat>": VECTOR}, "cat"),
    "tensor and step": ({"embedding": VECTOR, "step": 500}, ""),
    "the webui's": (WEBUI, "cat"),
    "the webui's other": ({"emb_params": VECTOR, "name": "cat"}, "cat"),
}


@pytest.mark.parametrize("suffix", [".pt", ".PT", ".pth", ".ckpt", ""])
@pytest.mark.parametrize("form", FORMS)
def test_what_pytorch_saved(form: str, suffix: str, tmp_path: Path) -> None:
    content, target = FORMS[form]
    torch.save(content, tmp_path / f"e{suffix}")
    found = load_edit(tmp_path / f"e{suffix}")
    assert torch.equal(found.vectors, VECTOR)
    assert found.target == target


@pytest.mark.parametrize("name", ["e.safetensors", "e.SafeTensors", "e", "e.pt"])
def test_safetensors_by_content(name: str, tmp_path: Path) -> None:
    save_file({"emb_params": VECTOR}, tmp_path / name)
    assert torch.equal(load_edit(tmp_path / name).vectors, VECTOR)
    ClassEdit(VECTOR, target="frog").save(tmp_path / "own.safetensors")
    (tmp_path / "own.safetensors").rename(tmp_path / name)
    assert load_edit(tmp_path / name).target == "frog"


@pytest.mark.parametrize(
    ("name", "target"), [("007_cock.npy", "cock"), ("011_gold_finch.npy", "gold finch"), ("7_a.npy", "")]
)
def test_the_papers_file_names_tell_the_class(name: str, target: str, tmp_path: Path) -> None:
    np.save(tmp_path / name, VECTOR.numpy())
    assert load_edit(tmp_path / name).target == target


def test_a_result_directory_is_its_embedding(tmp_path: Path) -> None:
    ClassEdit(VECTOR, target="frog").save(tmp_path / "embedding.safetensors")
    assert load_edit(tmp_path).target == "frog"
    assert is_embedding(str(tmp_path))
    with pytest.raises(EmbeddingError, match=r"no embedding file at .*absent"):
        load_edit(tmp_path / "absent")


def test_two_tensors_are_no_embedding(tmp_path: Path) -> None:
    torch.save({"a": VECTOR, "b": VECTOR, "step": 3}, tmp_path / "e.pt")
    with pytest.raises(EmbeddingError, match="dictionary of one tensor"):
        load_edit(tmp_path / "e.pt")


def test_a_folder_does_not_hide_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "frog").mkdir()
    assert not is_embedding("frog", ("cat", "frog"))
    assert is_embedding("frog", ("cat", "dog"))
