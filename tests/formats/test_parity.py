"""A loader is right when it reproduces the images that the format's own code computed in float64."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError, OptionError
from ganmend.formats.fingerprint import fingerprint
from ganmend.models.protocol import Generator
from tests.conftest import FIXTURES

CHECKPOINTS = sorted(FIXTURES.glob("*.pth"))
BIGGAN_32 = FIXTURES / "brock_biggan_32.pth"
HUGGINGFACE = FIXTURES / "hf_biggan_deep_64"
# float32 carries 6e-8 a value; through some twenty layers errors add up to about 1e-6 of the norm.
TOLERANCE = 1e-5


def relative_error(generator: Generator, checkpoint: Path, images: str = "images") -> float:
    beside = checkpoint / "expected.safetensors" if checkpoint.is_dir() else checkpoint.with_suffix("")
    expected = load_file(beside if checkpoint.is_dir() else beside.with_suffix(".expected.safetensors"))
    dtype = generator.class_embeddings.dtype
    drawn = generator(expected["z"].to(dtype), expected["embedding"].to(dtype))
    return ((drawn - expected[images]).norm() / expected[images].norm()).item()


def test_there_are_checkpoints_of_every_family() -> None:
    assert len(CHECKPOINTS) == 6


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
    if facts["format"] == "PyTorch-StudioGAN":
        assert described == (facts["img_size"], facts["z_dim"], facts["g_shared_dim"], facts["num_classes"])
        expected_attention = [4 * 2**place for place in facts["attn_g_loc"]]
    else:
        assert described == (facts["resolution"], facts["dim_z"], facts["shared_dim"], facts["n_classes"])
        expected_attention = [size for size in map(int, facts["G_attn"].split("_")) if size]
    size, attention = 4, []
    for block in generator.architecture.blocks:
        size *= 2 if block.upsamples else 1
        attention += [size] if block.attention else []
    assert attention == expected_attention


# At low truncation the fixture's stored variances are small and a third of its pixels saturate: the published package's
# own float32 is up to 2.3e-5 away from its float64 there, by processor. So ours computes in float64, too.
@pytest.mark.parametrize("truncation", [1.0, 0.5, 0.37])
def test_statistics_follow_the_truncation(truncation: float) -> None:
    generator = load_generator(HUGGINGFACE, truncation=truncation).double()
    assert relative_error(generator, HUGGINGFACE, f"images_truncation_{truncation}") < TOLERANCE
    assert generator.truncation == truncation


def test_without_its_config_the_plan_comes_from_the_shapes(tmp_path: Path) -> None:
    shutil.copy(HUGGINGFACE / "pytorch_model.bin", tmp_path)
    generator = load_generator(tmp_path)
    assert generator.architecture == load_generator(HUGGINGFACE).architecture
    assert generator.truncation == 1.0


def test_a_broken_config_is_refused(tmp_path: Path) -> None:
    shutil.copy(HUGGINGFACE / "pytorch_model.bin", tmp_path)
    for text, complaint in (("{", "JSON"), ("[]", "JSON object"), ('{"layers": [[true]]}', "other layers"),
                            ('{"eps": "x"}', "eps")):  # fmt: skip
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(CheckpointError, match=complaint):
            load_generator(tmp_path)


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda path: path.stem)
def test_a_format_can_be_forced(checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match=r"lacks the tensor|no residual block"):
        load_generator(checkpoint, format="huggingface")
    with pytest.raises(OptionError, match="unknown format"):
        load_generator(checkpoint, format="tensorflow")


def without_spectral_norm(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    plain = {name: tensor for name, tensor in tensors.items() if not name.endswith(("weight_u", "weight_v"))}
    for name in [name for name in plain if name.endswith("weight_orig")]:
        stem, weight = name.removesuffix("_orig"), plain.pop(name)
        u, v = tensors[f"{stem}_u"], tensors[f"{stem}_v"]
        plain[stem] = weight / (u @ weight.flatten(1) @ v)
    return plain


@pytest.mark.parametrize("checkpoint", [path for path in CHECKPOINTS if "studiogan" in path.stem], ids=lambda p: p.stem)
def test_studiogan_without_spectral_norm(checkpoint: Path, tmp_path: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    torch.save({"state_dict": without_spectral_norm(content["state_dict"])}, tmp_path / "G.pth")
    assert relative_error(load_generator(tmp_path / "G.pth"), checkpoint) < TOLERANCE


def rewritten(tmp_path: Path, change: object) -> Path:
    tensors = torch.load(BIGGAN_32, weights_only=True)
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
    original, other = load_generator(BIGGAN_32), load_generator(rewritten(tmp_path, change))
    z, c = torch.randn(2, original.dim_z), original.class_embeddings[:2]
    torch.testing.assert_close(original(z, c), other(z, c))
    assert original.fingerprint == other.fingerprint


def test_fingerprint_ignores_the_table_and_nothing_else(tmp_path: Path) -> None:
    def shifted(name: str) -> str:
        path = rewritten(tmp_path, lambda tensors: tensors | {name: tensors[name] + 1e-3})
        return load_generator(path).fingerprint

    original = load_generator(BIGGAN_32).fingerprint
    assert shifted("shared.weight") == original
    assert shifted("linear.bias") != original
    assert shifted("blocks.2.0.bn2.stored_mean") != original


def test_the_fingerprint_does_not_depend_on_strides() -> None:
    """One number may have stride 0, and be contiguous: a file held such a counter."""
    one, many = torch.tensor(3), torch.arange(6.0).reshape(2, 3)
    expected = fingerprint({"a": one[None].clone(), "b": many}, "")
    assert fingerprint({"a": one[None].expand(1).as_strided((1,), (0,)), "b": many.T.clone().T}, "") == expected
    assert fingerprint({"a": torch.zeros(0, 3)}, "") != fingerprint({"a": torch.zeros(3, 0)}, "")
