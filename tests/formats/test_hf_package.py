"""The published pytorch-pretrained-biggan draws the same images, whatever its configuration."""

from itertools import pairwise
from pathlib import Path

import PIL.Image  # noqa: F401  the package uses it and imports only PIL
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytorch_pretrained_biggan import BigGAN, BigGANConfig
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.formats.export import patch_checkpoint
from ganmend.formats.huggingface import at_truncation
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator

# float32 carries 6e-8 a value; through some thirty layers errors add up to about 1e-6 of the norm.
TOLERANCE = 1e-5
WIDTHS = (16, 8, 4, 2, 1)  # of the features, in channel widths: the package keeps them, or halves them


@st.composite
def configurations(draw: st.DrawFn) -> BigGANConfig:
    shapes: list[tuple[int, int]] = []
    for wide, narrow in pairwise(WIDTHS):
        shapes += [(wide, wide)] * draw(st.integers(0, 1)) + [(wide, narrow)]
    # Four lead to 64 px: the package's attention takes memory by the fourth power of the side, 64 GB at 512 px.
    upsampling = draw(st.sets(st.integers(0, len(shapes) - 1), max_size=4))
    layers = [(k in upsampling, wide, narrow) for k, (wide, narrow) in enumerate(shapes)]
    return BigGANConfig(
        output_dim=draw(st.sampled_from((4, 64, 512))),  # the package never reads it, nor class_embed_dim
        z_dim=draw(st.integers(1, 24)),
        class_embed_dim=draw(st.integers(1, 128)),
        channel_width=draw(st.sampled_from((8, 16))),
        num_classes=draw(st.integers(2, 20)),
        layers=layers,
        attention_layer_position=draw(st.integers(0, len(layers))),  # the last stands for no attention
        eps=draw(st.sampled_from((1e-4, 1e-5, 1e-3))),
        n_stats=draw(st.sampled_from((51, 51, 2, 11))),
    )


def random_model(config: BigGANConfig, seed: int) -> BigGAN:
    """Random weights, gammas and statistics of the norms, and the vectors of spectral norm after some iterations."""
    torch.manual_seed(seed)
    model = BigGAN(config)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if name.endswith("gamma"):
            tensor.data.normal_()
        elif name == "generator.bn.weight":
            tensor.data.uniform_(0.5, 1.5)
        elif name.endswith("running_vars"):
            tensor.data.uniform_(0.5, 2)
        elif name.endswith(("running_means", "bias")):
            tensor.data.normal_(0, 0.2)
    model.train()
    for _ in range(3):
        model(*inputs(config, 1), 1.0)
    return model.eval()


def inputs(config: BigGANConfig, n: int) -> tuple[Tensor, Tensor]:
    """Latents (n, z_dim) and one-hot classes (n, num_classes)."""
    return torch.randn(n, config.z_dim), torch.eye(config.num_classes)[torch.arange(n) % config.num_classes]


def save(model: BigGAN, folder: Path) -> Path:
    """With the package's own code."""
    folder.mkdir(exist_ok=True)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(model.config.to_json_string())
    return folder


@torch.no_grad()
def relative_error(gan: Generator, model: BigGAN, truncation: float) -> float:
    z, classes = inputs(model.config, 2)
    expected = model.double()(z.double(), classes.double(), truncation)  # in float64, to be free of its own rounding
    drawn = gan(z, gan.class_embeddings[classes.argmax(1)])
    assert drawn.shape == expected.shape
    return ((drawn - expected).norm() / expected.norm()).item()


def slowly(examples: int) -> settings:
    """Each example builds a model: that is slow. They may follow each other in one folder."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


seeds = st.integers(0, 1 << 32)
truncations = st.floats(0, 1, exclude_min=True)


@slowly(35)
@given(configurations(), seeds, truncations)
def test_any_configuration(tmp_path: Path, config: BigGANConfig, seed: int, truncation: float) -> None:
    model = random_model(config, seed)
    gan = load_generator(save(model, tmp_path), truncation=truncation)
    assert (gan.dim_z, gan.dim_embedding, gan.n_classes) == (config.z_dim, config.z_dim, config.num_classes)
    assert relative_error(gan, model, truncation) < TOLERANCE


@pytest.mark.parametrize("position", range(-1, 6))
def test_attention_anywhere(tmp_path: Path, position: int) -> None:
    layers = [(False, 16, 8), (True, 8, 8), (True, 8, 4), (True, 4, 2), (False, 2, 1)]
    config = BigGANConfig(z_dim=8, channel_width=8, num_classes=3, layers=layers, attention_layer_position=position)
    model = random_model(config, 0)
    gan = load_generator(save(model, tmp_path))
    places = [0] * gan.architecture.first_attention
    places += [index + 1 for index, block in enumerate(gan.architecture.blocks) if block.attention]
    assert places == ([position] if 0 <= position < len(layers) else [])
    assert relative_error(gan, model, 1.0) < TOLERANCE


@slowly(10)
@given(configurations(), seeds, truncations, st.data())
def test_the_package_loads_what_is_exported(
    tmp_path: Path, config: BigGANConfig, seed: int, truncation: float, data: st.DataObject
) -> None:
    original = save(random_model(config, seed), tmp_path / "original")
    row, vector, out = data.draw(st.integers(0, config.num_classes - 1)), torch.randn(config.z_dim), tmp_path / "out"
    out.mkdir(exist_ok=True)
    (out / "config.json").unlink(missing_ok=True)  # of the example before
    patch_checkpoint(original / "pytorch_model.bin", row, vector, out / "pytorch_model.bin")
    theirs = BigGAN.from_pretrained(str(out)).eval()
    assert torch.equal(theirs.embeddings.weight[:, row], vector)
    assert relative_error(load_generator(out, truncation=truncation), theirs, truncation) < TOLERANCE


@slowly(3)
@given(configurations(), seeds, truncations)
def test_the_package_draws_exported_offsets(tmp_path: Path, config: BigGANConfig, seed: int, truncation: float) -> None:
    """Its latents have one number more for each class with offsets, which has no effect."""
    model, out = random_model(config, seed), tmp_path / "out"
    original = save(model, tmp_path / "original")
    out.mkdir(exist_ok=True)
    (out / "config.json").unlink(missing_ok=True)  # of the example before
    gan = load_generator(original, truncation=truncation).double()
    rows, vectors, offsets = [1, 0], torch.randn(2, config.z_dim), 0.2 * torch.randn(2, gan.n_offsets)
    patch_checkpoint(
        original / "pytorch_model.bin", rows, vectors, out / "pytorch_model.bin",
        offsets=dict(zip(rows, offsets, strict=True)),
    )  # fmt: skip
    theirs = BigGAN.from_pretrained(str(out)).eval().double()
    assert theirs.config.z_dim == config.z_dim + 2
    z, idle, classes = torch.randn(2, config.z_dim).double(), torch.randn(2, 2).double(), torch.eye(config.num_classes)
    with torch.no_grad():
        images = theirs(torch.cat([z, idle], 1), classes[rows].double(), truncation)
        expected = gan(z, Condition(vectors.double(), offsets.double()))
        assert (images - expected).norm() < TOLERANCE * expected.norm()
        if config.num_classes > 2:
            images = theirs(torch.cat([z, idle], 1), classes[[2, 2]].double(), truncation)
            expected = model.double()(z, classes[[2, 2]].double(), truncation)
            assert (images - expected).abs().max() < 1e-12
    after = load_generator(out, truncation=truncation)
    assert (after.dim_z, after.dim_embedding, after.fingerprint) == (config.z_dim, config.z_dim, gan.fingerprint)


def test_between_two_slots_the_lower_one_has_the_fractional_part() -> None:
    slots = torch.arange(51.0)[:, None]
    assert at_truncation(slots, 0.025).item() == pytest.approx(1 * 0.25 + 2 * 0.75)  # 1.25 steps of 1/50
    assert at_truncation(slots, 0.02).item() == 1
    assert at_truncation(slots, 1.0).item() == 50


def test_rounding_does_not_lead_past_the_last_slot() -> None:
    assert 1.0 / (1.0 / 49) > 49
    assert at_truncation(torch.arange(50.0)[:, None], 1.0).item() == 49
