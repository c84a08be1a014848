"""ganmend's own format: the same generator back, and no wrong file gets past its checks."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError, GanmendError, GanmendWarning, OptionError
from ganmend.formats import native
from ganmend.formats.export import patch_checkpoint
from tests.conftest import FIXTURES

FAMILIES = [*sorted(FIXTURES.glob("*.pth")), FIXTURES / "hf_biggan_deep_64"]


@pytest.mark.parametrize("checkpoint", FAMILIES, ids=lambda path: path.stem)
def test_the_same_generator_comes_back(checkpoint: Path, tmp_path: Path) -> None:
    original = load_generator(checkpoint)
    native.write_generator(original, tmp_path / "G.safetensors", "here")
    back = load_generator(tmp_path / "G.safetensors")
    assert back.architecture == original.architecture
    assert (back.class_names, back.fingerprint, back.truncation) == (
        original.class_names, original.fingerprint, original.truncation,
    )  # fmt: skip
    assert all(torch.equal(tensor, original.state_dict()[name]) for name, tensor in back.state_dict().items())
    # The weights are the same bit for bit; where they lie in memory decides how products are summed.
    z = torch.randn(2, original.dim_z)
    expected = original(z, original.class_embeddings[:2])
    assert (back(z, back.class_embeddings[:2]) - expected).norm() < 1e-5 * expected.norm()
    patch_checkpoint(tmp_path / "G.safetensors", 1, torch.ones(original.dim_embedding), tmp_path / "P.safetensors")
    assert load_generator(tmp_path / "P.safetensors").class_embeddings[1].eq(1).all()


@pytest.mark.parametrize("checkpoint", FAMILIES, ids=lambda path: path.stem)
def test_a_compact_file_is_smaller_and_gives_the_same_images(checkpoint: Path, tmp_path: Path) -> None:
    original = load_generator(checkpoint)
    for name in ("whole", "compact"):
        native.write_generator(original, tmp_path / f"{name}.safetensors", "here", compact=name == "compact")
    assert (tmp_path / "compact.safetensors").stat().st_size < (tmp_path / "whole.safetensors").stat().st_size
    back = load_generator(tmp_path / "compact.safetensors")
    z = torch.randn(2, original.dim_z)
    expected = original(z, original.class_embeddings[:2])
    assert (back(z, back.class_embeddings[:2]) - expected).norm() < 1e-5 * expected.norm()


@pytest.fixture
def parts(tmp_path: Path) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    native.write_generator(load_generator(FIXTURES / "brock_biggan_32.pth"), tmp_path / "G.safetensors", "here")
    with safe_open(tmp_path / "G.safetensors", "pt") as file:
        facts = json.loads(file.metadata()["ganmend"])
    return load_file(tmp_path / "G.safetensors"), facts


def load_with(tmp_path: Path, tensors: dict[str, torch.Tensor], facts: object) -> object:
    save_file(tensors, tmp_path / "B.safetensors", {"ganmend": json.dumps(facts)})
    return load_generator(tmp_path / "B.safetensors")


def test_wrong_tensors_are_named(tmp_path: Path, parts: tuple[dict, dict]) -> None:
    tensors, facts = parts
    load_with(tmp_path, tensors, facts)
    for name in tensors:
        if name.endswith(".bias"):
            continue  # a convolution's bias is optional
        with pytest.raises(CheckpointError, match=f"lacks the tensor '{name}'"):
            load_with(tmp_path, {other: tensor for other, tensor in tensors.items() if other != name}, facts)
    with pytest.warns(GanmendWarning, match="does not have: 'extra'"):
        load_with(tmp_path, tensors | {"extra": torch.zeros(1)}, facts)
    with pytest.raises(CheckpointError, match=r"expected \(512,\)"):
        load_with(tmp_path, tensors | {"first_bias": torch.zeros(3)}, facts)
    with pytest.raises(CheckpointError, match="NaN"):
        load_with(tmp_path, tensors | {"first_bias": tensors["first_bias"] * torch.nan}, facts)


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": None},
        {"architecture": {}},
        {"class_names": 3},
        {"truncation": "x"},
        {"architecture": {"resolution": 1 << 40}},
        {"architecture": {"blocks": []}},
        {"architecture": {"dim_z": -1}},
        {"architecture": {"dim_z": 1 << 70}},
        {"architecture": {"first_z_slice": 3}},
    ],
    ids=str,
)
def test_wrong_metadata_is_refused(tmp_path: Path, parts: tuple[dict, dict], change: dict) -> None:
    tensors, facts = parts
    inner = change.get("architecture")
    if isinstance(inner, dict) and inner:
        change = {"architecture": facts["architecture"] | inner}
    with pytest.raises(GanmendError):
        load_with(tmp_path, tensors, facts | change)


def test_what_is_folded_in_cannot_be_given(tmp_path: Path) -> None:
    native.write_generator(
        load_generator(FIXTURES / "hf_biggan_deep_64", truncation=0.5), tmp_path / "G.safetensors", "here"
    )
    with pytest.raises(OptionError, match="folded"):
        load_generator(tmp_path / "G.safetensors", bn_eps=1e-3)
    with pytest.raises(OptionError, match="folded"):
        load_generator(tmp_path / "G.safetensors", truncation=0.7)
    assert load_generator(tmp_path / "G.safetensors").truncation == 0.5


def test_the_file_is_mapped_into_memory(tmp_path: Path) -> None:
    native.write_generator(load_generator(FIXTURES / "brock_biggan_128.pth"), tmp_path / "G.safetensors", "here")
    generator = load_generator(tmp_path / "G.safetensors")
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines() if "G.safetensors" in line]
    places = [range(*(int(end, 16) for end in line[0].split("-"))) for line in lines]
    for name, tensor in generator.state_dict().items():
        if tensor.numel():
            assert any(tensor.data_ptr() in place for place in places), name
