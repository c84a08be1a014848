"""An exported checkpoint differs in one row and in nothing else."""

from pathlib import Path

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


def test_another_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="shape"):
        patch_checkpoint(TINY, 0, torch.zeros(64), tmp_path / "out.pth")
    assert list(tmp_path.iterdir()) == []
