"""What tensors' names and shapes tell of a generator, and what is refused when they contradict each other."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError
from ganmend.formats.native import write_generator
from ganmend.formats.numbering import Numbering, numbered, numbering
from ganmend.formats.plan_check import check_plan
from ganmend.formats.tensors import TensorReader
from ganmend.models.biggan.architecture import Architecture
from tests.conftest import FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"
HUGGINGFACE = FIXTURES / "hf_biggan_deep_64"


def test_blocks_are_counted_without_gaps() -> None:
    names = ["b.0.w", "b.10.w", "other.3.w"] + [f"b.{k}.w" for k in range(1, 10)]
    assert list(numbered(names, r"b\.(\d{1,4})\.", "blocks")) == list(range(11))
    with pytest.raises(CheckpointError, match=r"parts are numbered \[0, 2\], expected 0 to 1"):
        numbered(["b.0.w", "b.2.w"], r"b\.(\d{1,4})\.", "parts")


def test_attention_is_parted_from_residual_blocks() -> None:
    """R: residual, A: attention. A R R A R."""
    found = numbering([True, False, False, True, False])
    assert found == Numbering((1, 2, 4), (False, True, False), True)
    assert numbering([False, True]) == Numbering((0,), (True,), False)
    for none in ([], [True, True]):
        with pytest.raises(CheckpointError, match="no residual block"):
            numbering(none)


def test_a_tensor_without_numbers_is_refused_unless_it_may_be_empty() -> None:
    tensors = {"a": torch.zeros(0, 3), "b": torch.zeros(0, 3), "c": torch.ones(2, dtype=torch.int64)}
    reader = TensorReader(tensors)
    with pytest.raises(CheckpointError, match="expected float numbers"):
        reader.take("a")
    assert reader.take("b", (0, 3), may_be_empty=True).shape == (0, 3)
    with pytest.raises(CheckpointError, match=r"int64.*expected float numbers"):
        reader.take("c")
    assert tensors == {}, "each is taken once"


def test_tensors_to_be_folded_are_copied_and_folded_ones_are_not() -> None:
    stored = torch.randn(3)
    copied, as_it_is = TensorReader({"a": stored}).take("a"), TensorReader({"a": stored}, folded=True).take("a")
    assert (copied.dtype, as_it_is.dtype) == (torch.float64, torch.float32)
    assert as_it_is.data_ptr() == stored.data_ptr()
    double = stored.double()
    assert TensorReader({"a": double}).take("a").data_ptr() != double.data_ptr(), "it is divided in place"


def test_a_biggan_whose_norms_see_no_latent(tmp_path: Path) -> None:
    """Plain z: the linear layer sees all of it, the norms' matrices have the embedding's columns alone."""
    tensors = torch.load(TINY, weights_only=True)
    for name in [name for name in tensors if ".bn" in name and name.endswith(".weight")]:
        tensors[name] = tensors[name][:, :128].clone()
    torch.save(tensors, tmp_path / "G.pth")
    gan = load_generator(tmp_path / "G.pth")
    assert gan.dim_z == 20
    write_generator(gan, tmp_path / "G.safetensors", "here")
    back = load_generator(tmp_path / "G.safetensors")
    z, embedding = torch.randn(2, 20), gan.class_embeddings[:2]
    torch.testing.assert_close(back(z, embedding), gan(z, embedding), rtol=0, atol=1e-5)  # sums in another order
    tensors["blocks.0.0.bn1.gain.weight"] = torch.ones(32, 130)
    torch.save(tensors, tmp_path / "G.pth")
    with pytest.raises(CheckpointError, match=r"expected 128 \(the embedding\) or 148"):
        load_generator(tmp_path / "G.pth")


@pytest.mark.parametrize(
    "entry", [{"z_dim": 127}, {"num_classes": 11}, {"channel_width": 4}, {"attention_layer_position": 2}], ids=str
)
def test_the_config_of_other_weights_is_refused(entry: dict[str, int], tmp_path: Path) -> None:
    shutil.copytree(HUGGINGFACE, tmp_path / "G")
    config = json.loads((HUGGINGFACE / "config.json").read_text())
    (tmp_path / "G" / "config.json").write_text(json.dumps(config | entry))
    with pytest.raises(CheckpointError, match=rf"config\.json gives {next(iter(entry))}"):
        load_generator(tmp_path / "G")


def test_the_config_belongs_to_the_bin_file_beside_it(tmp_path: Path) -> None:
    shutil.copy(HUGGINGFACE / "pytorch_model.bin", tmp_path / "G.pth")
    (tmp_path / "config.json").write_text("{")
    assert load_generator(tmp_path / "G.pth").fingerprint == load_generator(HUGGINGFACE).fingerprint


@pytest.fixture(scope="module")
def plan() -> Architecture:
    """16 channels of 64 px before its attention."""
    return load_generator(FIXTURES / "brock_biggan_128.pth").architecture


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"resolution": 64}, "lead from 4 to 64 pixels"),
        ({"resolution": 2048, "first_size": 64}, "1 to 1024 pixels"),
        ({"dim_z": 119}, "other parts of the latent than the 119"),
        ({"first_z_slice": (-1, 20)}, "other parts of the latent"),
    ],
    ids=str,
)
def test_a_plan_that_contradicts_itself_is_refused(plan: Architecture, change: dict, complaint: str) -> None:
    check_plan(plan)
    with pytest.raises(CheckpointError, match=complaint):
        check_plan(replace(plan, **change))


def test_attention_needs_eight_channels(plan: Architecture) -> None:
    """Its queries have an eighth of them."""
    index = next(index for index, block in enumerate(plan.blocks) if block.attention)

    def narrowed(channels: int) -> Architecture:
        blocks = list(plan.blocks)
        first, last = blocks[index].convolutions
        last = replace(last, channels_out=channels)
        blocks[index] = replace(blocks[index], convolutions=(first, last))
        first, *rest = blocks[index + 1].convolutions
        blocks[index + 1] = replace(blocks[index + 1], convolutions=(replace(first, channels_in=channels), *rest))
        return replace(plan, blocks=tuple(blocks))

    check_plan(narrowed(8))
    with pytest.raises(CheckpointError, match="attention on 7 channels"):
        check_plan(narrowed(7))
