"""A loader is right when it reproduces the images that the format's own code computed in float64."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ganmend.generator import Generator, load_generator
from tests.conftest import FIXTURES

CHECKPOINTS = sorted(FIXTURES.glob("brock_biggan_[0-9]*.pth"))
# float32 carries 6e-8 a value; through some twenty layers errors add up to about 1e-6 of the norm.
TOLERANCE = 1e-5


def relative_error(generator: Generator, checkpoint: Path) -> float:
    expected = load_file(checkpoint.with_suffix("").with_suffix(".expected.safetensors"))
    images = generator(expected["z"].float(), expected["embedding"].float())
    return ((images - expected["images"]).norm() / expected["images"].norm()).item()


def test_there_are_checkpoints() -> None:
    assert len(CHECKPOINTS) == 2


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda path: path.stem)
def test_golden_images(checkpoint: Path) -> None:
    assert relative_error(load_generator(checkpoint), checkpoint) < TOLERANCE


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda path: path.stem)
def test_another_eps_gives_other_images(checkpoint: Path) -> None:
    assert relative_error(load_generator(checkpoint, bn_eps=0.1), checkpoint) > TOLERANCE


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda path: path.stem)
def test_architecture_is_read_from_shapes(checkpoint: Path) -> None:
    facts = json.loads(checkpoint.with_suffix(".json").read_text())
    generator = load_generator(checkpoint)
    described = (generator.resolution, generator.dim_z, generator.dim_embedding, generator.n_classes)
    assert described == (facts["resolution"], facts["dim_z"], facts["shared_dim"], facts["n_classes"])
    attention = [8 * 2**index for index, block in enumerate(generator.architecture.blocks) if block.attention]
    assert attention == [size for size in map(int, facts["G_attn"].split("_")) if size]


def rewritten(tmp_path: Path, change: object) -> Path:
    tensors = torch.load(CHECKPOINTS[1], weights_only=True)
    torch.save(change(tensors), tmp_path / "G.pth")  # type: ignore[operator]
    return tmp_path / "G.pth"


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()},
        lambda tensors: {"state_dict": tensors, "step": 5},
        lambda tensors: dict(reversed(tensors.items())),
        lambda tensors: {name.replace("bn1.stored", "bn1.bn.running"): tensor for name, tensor in tensors.items()},
    ],
    ids=["DataParallel", "nested", "another order", "cross-replica norm"],
)
def test_same_generator_in_other_wrappings(tmp_path: Path, change: object) -> None:
    original, other = load_generator(CHECKPOINTS[1]), load_generator(rewritten(tmp_path, change))
    z, c = torch.randn(2, original.dim_z), original.class_embeddings[:2]
    torch.testing.assert_close(original(z, c), other(z, c))
    assert original.fingerprint == other.fingerprint


def test_fingerprint_ignores_the_table_and_nothing_else(tmp_path: Path) -> None:
    def shifted(name: str) -> str:
        path = rewritten(tmp_path, lambda tensors: tensors | {name: tensors[name] + 1e-3})
        return load_generator(path).fingerprint

    original = load_generator(CHECKPOINTS[1]).fingerprint
    assert shifted("shared.weight") == original
    assert shifted("linear.bias") != original
    assert shifted("blocks.2.0.bn2.stored_mean") != original
