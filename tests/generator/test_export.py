"""An exported checkpoint differs in one row and in nothing else."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ganmend.errors import EmbeddingError
from ganmend.generator import load_generator
from ganmend.generator.export import patch_checkpoint
from tests.conftest import FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"


@pytest.mark.parametrize("wrapping", ["plain", "module", "nested", "safetensors"])
def test_all_other_tensors_stay(tmp_path: Path, wrapping: str) -> None:
    tensors, original = torch.load(TINY, weights_only=True), tmp_path / "G.pth"
    if wrapping == "safetensors":
        original = tmp_path / "G.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, original, {"a": "b"})
    elif wrapping == "module":
        torch.save({f"module.{name}": tensor for name, tensor in tensors.items()}, original)
    else:
        torch.save({"state_dict": tensors, "step": 3} if wrapping == "nested" else tensors, original)
    vector, out = torch.randn(128), tmp_path / f"out{original.suffix}"
    patch_checkpoint(original, 4, vector, out)
    after = load_file(out) if wrapping == "safetensors" else torch.load(out, weights_only=True)
    if wrapping == "nested":
        assert after["step"] == 3
        after = after["state_dict"]
    after = {name.removeprefix("module."): tensor for name, tensor in after.items()}
    changed = [name for name in tensors if not torch.equal(tensors[name], after[name])]
    assert changed == ["shared.weight"]
    expected = tensors["shared.weight"].clone()
    expected[4] = vector
    assert torch.equal(after["shared.weight"], expected)
    assert load_generator(out).fingerprint == load_generator(TINY).fingerprint


FAMILIES = [*sorted(FIXTURES.glob("*.pth")), FIXTURES / "hf_biggan_deep_64" / "pytorch_model.bin"]


@pytest.mark.parametrize("original", FAMILIES, ids=lambda path: path.stem)
def test_every_family_draws_the_new_row(original: Path, tmp_path: Path) -> None:
    out, config = tmp_path / original.name, original.with_name("config.json")
    if config.is_file():
        shutil.copy(config, tmp_path)
    before = load_generator(original)
    vector, z = torch.randn(before.dim_embedding), torch.randn(2, before.dim_z)
    patch_checkpoint(original, 1, vector, out)
    after = load_generator(out)
    assert after.fingerprint == before.fingerprint
    assert torch.equal(after.class_embeddings[1], vector)
    assert torch.equal(after.class_embeddings[2:], before.class_embeddings[2:])
    assert torch.equal(after(z, after.class_embeddings[1]), before(z, vector))
    contents = [torch.load(path, weights_only=True) for path in (original, out)]
    assert list(contents[0]) == list(contents[1])
    if "state_dict" in contents[0]:
        assert all(contents[0][key] == contents[1][key] for key in contents[0] if key != "state_dict")


def test_scores_stay_numbers_of_numpy(tmp_path: Path) -> None:
    scores = {"best_fid": np.float64(7.25), "best_step": np.int32(4000)}
    torch.save({"state_dict": torch.load(TINY, weights_only=True)} | scores, tmp_path / "G.pth")
    patch_checkpoint(tmp_path / "G.pth", 4, torch.randn(128), tmp_path / "out.pth")
    after = torch.load(tmp_path / "out.pth", weights_only=False)
    assert {name: (type(after[name]), after[name]) for name in scores} == {
        name: (type(score), score) for name, score in scores.items()
    }


def test_another_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="shape"):
        patch_checkpoint(TINY, 0, torch.zeros(64), tmp_path / "out.pth")
    assert list(tmp_path.iterdir()) == []
