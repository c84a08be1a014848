"""Offsets of gains and biases do what gains and biases in the checkpoint itself do."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.models import batches
from ganmend.models.batches import in_batches
from ganmend.models.biggan.layers import ConditionalAffine
from ganmend.models.biggan.rewrites import folded_affine
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator
from tests.conftest import FIXTURES
from tests.models.flagged import FLAGGED, brock, flagged_brock, flagged_huggingface, save

# Both generators are folded to float32 and compared in float64: weights that differ by a rounding, 6e-8, in some twenty
# layers; as in tests/formats/test_parity.py.
TOLERANCE = 1e-5
BROCK = ("brock_biggan_32", "brock_biggan_128", "brock_biggan_deep_64")
HUGGINGFACE = FIXTURES / "hf_biggan_deep_64"


def same_offsets(count: int) -> Tensor:
    """Large enough that each norm matters: a tenth of a gain, which is near 1."""
    return torch.randn(count, generator=torch.Generator().manual_seed(3)) / 10


def relative(got: Tensor, expected: Tensor) -> float:
    return ((got - expected).norm() / expected.norm()).item()


def assert_offsets_are_the_flag(original: Generator, flagged: Generator, offsets: Tensor) -> None:
    original, flagged = copy.deepcopy(original).double(), copy.deepcopy(flagged).double()
    z, embedding = torch.randn(2, original.dim_z, dtype=torch.float64), original.class_embeddings[FLAGGED]
    expected = flagged(z, flagged.class_embeddings[FLAGGED])
    assert relative(original(z, Condition(embedding, offsets.double())), expected) < TOLERANCE
    assert relative(original(z, embedding), expected) > 1000 * TOLERANCE, "they matter"
    other = FLAGGED + 1
    assert relative(original(z, original.class_embeddings[other]), flagged(z, flagged.class_embeddings[other])) < 1e-5


@pytest.mark.parametrize("name", BROCK)
def test_as_one_more_column_of_brocks_checkpoint(name: str, tmp_path: Path) -> None:
    tensors = torch.load(FIXTURES / f"{name}.pth", weights_only=True)
    plain = brock(tensors, load_generator(FIXTURES / f"{name}.pth").resolution)
    original = load_generator(save(plain, tmp_path / "plain.pth"))
    golden = load_file(FIXTURES / f"{name}.expected.safetensors")
    assert relative(original(golden["z"].float(), golden["embedding"].float()), golden["images"]) < TOLERANCE
    offsets = same_offsets(original.n_offsets)
    flagged = load_generator(save(flagged_brock(plain, offsets), tmp_path / "flagged.pth"))
    assert_offsets_are_the_flag(original, flagged, offsets)


def test_as_one_more_column_of_huggingfaces_checkpoint(tmp_path: Path) -> None:
    original = load_generator(HUGGINGFACE)
    offsets = same_offsets(original.n_offsets)
    tensors = torch.load(HUGGINGFACE / "pytorch_model.bin", weights_only=True)
    shutil.copy(HUGGINGFACE / "config.json", tmp_path)
    save(flagged_huggingface(tensors, offsets), tmp_path / "pytorch_model.bin")
    assert_offsets_are_the_flag(original, load_generator(tmp_path), offsets)


def test_one_norm_by_hand() -> None:
    """ReLU((x + shift - mean) / std * (1 + G y + dg) + B y + db): 1e-12 in float64, as in test_rewrites.py."""
    channels, dim, width, eps = 4, 5, 3, 1e-4
    gain, bias = torch.randn(2, channels, dim + width, dtype=torch.float64)
    mean, shift = torch.randn(2, channels, dtype=torch.float64)
    variance = torch.rand(channels, dtype=torch.float64) + 0.5
    x = torch.randn(2, channels, 3, 3, dtype=torch.float64)
    embedding, z = torch.randn(2, dim, dtype=torch.float64), torch.randn(2, width, dtype=torch.float64)
    to_gain, to_bias = torch.randn(2, 2, channels, dtype=torch.float64)

    scale, scale_constant, offset, offset_constant = folded_affine(gain, bias, mean, variance, eps, shift)
    matrix = torch.cat([scale, offset])
    affine = ConditionalAffine(matrix[:, :dim], matrix[:, dim:], torch.cat([scale_constant, offset_constant]))
    got = affine(x, embedding, z, torch.cat([to_gain, to_bias], 1))

    y = torch.cat([embedding, z], 1)
    normalised = (x + shift[:, None, None] - mean[:, None, None]) / (variance + eps).sqrt()[:, None, None]
    expected = normalised * (1 + y @ gain.T + to_gain)[..., None, None] + (y @ bias.T + to_bias)[..., None, None]
    torch.testing.assert_close(got, expected.relu(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("checkpoint", [*FIXTURES.glob("*.pth"), HUGGINGFACE], ids=lambda path: path.stem)
def test_no_offset_is_no_change(checkpoint: Path) -> None:
    gan = load_generator(checkpoint)
    z, embedding = torch.randn(2, gan.dim_z), gan.class_embeddings[:2]
    without = gan(z, Condition(embedding))
    assert torch.equal(gan(z, Condition(embedding, torch.zeros(gan.n_offsets))), without)
    assert torch.equal(gan(z, embedding), without)


def test_there_is_a_gain_and_a_bias_for_each_channel_of_the_file() -> None:
    for name in BROCK:
        tensors = torch.load(FIXTURES / f"{name}.pth", weights_only=True)
        gains = sorted(key for key in tensors if ".bn" in key and key.endswith("gain.weight"))
        gan = load_generator(FIXTURES / f"{name}.pth")
        assert gan.conditional_layers == tuple(len(tensors[key]) for key in gains)  # fewer than ten blocks: in order
        assert gan.n_offsets == sum(len(tensors[key]) + len(tensors[key.replace("gain", "bias")]) for key in gains)


def test_samples_have_offsets_of_their_own(tiny_generator: Generator) -> None:
    z, embedding = torch.randn(3, tiny_generator.dim_z), tiny_generator.class_embeddings[:3]
    offsets = torch.randn(3, tiny_generator.n_offsets) / 10
    together = tiny_generator(z, Condition(embedding, offsets))
    for k in range(3):
        alone = tiny_generator(z[k : k + 1], Condition(embedding[k], offsets[k]))
        torch.testing.assert_close(together[k : k + 1], alone, rtol=0, atol=1e-5)  # float32: sums in another order


def test_gradients_flow_to_offsets(tiny_generator: Generator) -> None:
    double = copy.deepcopy(tiny_generator).double()
    z, embedding = torch.randn(1, double.dim_z).double(), double.class_embeddings[:1].clone().requires_grad_()
    offsets = (torch.randn(1, double.n_offsets).double() / 10).requires_grad_()
    # Fast mode compares one random direction; every offset has a part in it.
    assert torch.autograd.gradcheck(
        lambda embedding, offsets: double(z, Condition(embedding, offsets)), (embedding, offsets), fast_mode=True
    )
    (gradient,) = torch.autograd.grad(double(z, Condition(embedding, offsets)).sum(), offsets)
    by_norm = gradient[0].split([channels for channels in double.conditional_layers for _ in range(2)])
    assert all(part.abs().sum() > 0 for part in by_norm), "gains and biases of every norm"


def test_drawing_keeps_each_samples_offsets(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    z, embedding = torch.randn(5, tiny_generator.dim_z), tiny_generator.class_embeddings[:5]
    offsets = torch.randn(5, tiny_generator.n_offsets) / 10
    drawn = []
    monkeypatch.setattr(batches, "DRAWING_MEMORY", 2 * tiny_generator.drawing_bytes)
    with torch.no_grad(), monkeypatch.context() as patch:
        expected = tiny_generator(z, Condition(embedding, offsets))
        forward = type(tiny_generator).images
        patch.setattr(type(tiny_generator), "images", lambda gan, z, c: (drawn.append(len(z)), forward(gan, z, c))[1])
        got = in_batches(tiny_generator, z, Condition(embedding, offsets))
    assert drawn == [2, 2, 1]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


# One rounding to bfloat16 is 4e-3 at most; the tiny generator has some ten roundings in a row.
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 5e-2)])
def test_the_prepared_generator_takes_offsets(tiny_generator: Generator, precision: str, tolerance: float) -> None:
    z, embedding = torch.randn(3, tiny_generator.dim_z), tiny_generator.class_embeddings[:3]
    condition = Condition(embedding, torch.randn(3, tiny_generator.n_offsets) / 10)
    expected = tiny_generator(z, condition)
    assert relative(tiny_generator.prepared(precision)(z, condition), expected) < tolerance
    assert relative(tiny_generator(z, embedding), expected) > 2 * tolerance, "they matter"


@pytest.mark.parametrize("checkpoint", [*FIXTURES.glob("*.pth"), HUGGINGFACE], ids=lambda path: path.stem)
def test_an_embedding_of_a_norms_own_is_its_offsets(checkpoint: Path) -> None:
    """As by constants that hold what each norm's own difference adds; all else sees the shared embedding."""
    gan = copy.deepcopy(load_generator(checkpoint)).double()
    z, embedding = torch.randn(1, gan.dim_z).double(), gan.class_embeddings[1]
    norms = [module for module in gan.modules() if isinstance(module, ConditionalAffine)]
    differences = torch.randn(len(norms), gan.dim_embedding).double() / 10
    got, without = gan(z, Condition(embedding, gan.offsets_of(differences))), gan(z, embedding)
    for norm, difference in zip(norms, differences, strict=True):
        norm.constant = norm.constant + norm.by_embedding @ difference
    assert relative(got, gan(z, embedding)) < 1e-10  # float64, weights that were folded once
    assert relative(got, without) > 1e-4, "they matter"


def test_offsets_of_embeddings_are_linear_and_come_side_by_side(tiny_generator: Generator) -> None:
    first, second = torch.randn(2, 4, len(tiny_generator.conditional_layers), tiny_generator.dim_embedding)
    offsets = tiny_generator.offsets_of(first)
    assert offsets.shape == (4, tiny_generator.n_offsets)
    torch.testing.assert_close(tiny_generator.offsets_of(first[2]), offsets[2])
    both = tiny_generator.offsets_of(2 * first - second)
    torch.testing.assert_close(both, 2 * offsets - tiny_generator.offsets_of(second), rtol=1e-4, atol=1e-4)
