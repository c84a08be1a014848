"""The ready generator is the same function: its rewrites to 1e-12 in float64, its precisions as near as they can be."""

import copy
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganmend.errors import OptionError
from ganmend.formats.layout import BIGGAN, biggan_block
from ganmend.kernels import fast_convolution
from ganmend.kernels.fast_convolution import (
    UpsamplingConvolution,
    WinogradConvolution,
    upsampling_kernels,
    winograd_kernels,
)
from ganmend.kernels.lean_layers import AddUpsampled, FirstChannels, FrozenKernel, ScaledRelu
from ganmend.models.biggan.architecture import Architecture, Block, Convolution
from ganmend.models.biggan.cost import Wide, multiply_adds, step_multiply_adds
from ganmend.models.biggan.layers import FrozenConvolution
from ganmend.models.biggan.prepared import FastLayer, prepared
from ganmend.models.biggan.rewrites import upsample_then_convolve_kernel
from ganmend.models.protocol import Generator

EXACT = {"rtol": 0.0, "atol": 1e-12}
ALL = Wide(upsampling=2, winograd=2)


@pytest.fixture(params=[8 << 20, 1], ids=["all images at once", "one at a time"])
def _parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_convolution, "CACHE", request.param)


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64).to(memory_format=torch.channels_last)


def _assert_same(plain: Tensor, fast: Tensor, x: Tensor) -> None:
    """Values, and gradients to x."""
    torch.testing.assert_close(fast, plain, **EXACT)
    direction = torch.randn_like(plain)
    expected, got = (torch.autograd.grad(out, x, direction)[0] for out in (plain, fast))
    torch.testing.assert_close(got, expected, **EXACT)


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("size", [(2, 2), (4, 6)])
def test_winograd_is_the_convolution(size: tuple[int, int]) -> None:
    x, weight = _random(3, 7, *size).requires_grad_(), _random(5, 7, 3, 3)
    _assert_same(F.conv2d(x, weight, padding=1), WinogradConvolution.apply(x, winograd_kernels(weight)), x)


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("size", [(2, 2), (4, 6)])
def test_upsampling_and_convolution(size: tuple[int, int]) -> None:
    x, weight = _random(3, 7, *size).requires_grad_(), _random(5, 7, 3, 3)
    plain = F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, padding=1)
    kernels = upsampling_kernels(upsample_then_convolve_kernel(weight))
    _assert_same(plain, UpsamplingConvolution.apply(x, kernels), x)


@pytest.mark.parametrize(("size", "transposed"), [(3, False), (1, False), (4, True)])
def test_frozen_kernel(size: int, transposed: bool) -> None:
    x, kernel, bias = _random(2, 4, 4, 6).requires_grad_(), _random(4, 4, size, size), _random(4, 1, 1, 1).flatten()
    if transposed:
        plain = F.conv_transpose2d(x, kernel, bias, stride=2, padding=1)
    else:
        plain = F.conv2d(x, kernel, bias, padding=size // 2)
    _assert_same(plain, FrozenKernel.apply(x, kernel, bias, transposed), x)


@pytest.mark.parametrize("images", [1, 3])
def test_scaled_relu(images: int) -> None:
    x = _random(3, 4, 2, 2).requires_grad_()
    scale, offset = (torch.randn(images, 4, 1, 1, dtype=torch.float64) for _ in range(2))
    if images == 3:
        scale.requires_grad_(), offset.requires_grad_()
    inputs = [tensor for tensor in (x, scale, offset) if tensor.requires_grad]
    plain, fast = (x * scale + offset).relu(), ScaledRelu.apply(x, scale, offset)
    torch.testing.assert_close(fast, plain, **EXACT)
    direction = torch.randn_like(plain)
    for got, expected in zip(
        torch.autograd.grad(fast, inputs, direction), torch.autograd.grad(plain, inputs, direction), strict=True
    ):
        torch.testing.assert_close(got, expected, **EXACT)


@pytest.mark.parametrize("count", [2, 4])
def test_first_channels(count: int) -> None:
    x = _random(3, 4, 4, 6).requires_grad_()
    _assert_same(x[:, :count], FirstChannels.apply(x, count), x)
    (gradient,) = torch.autograd.grad(FirstChannels.apply(x, count), x, _random(3, count, 4, 6))
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_shortcut_added_in_place() -> None:
    large, small = _random(3, 4, 4, 6), _random(3, 4, 2, 3).requires_grad_()
    plain = large + F.interpolate(small, scale_factor=2, mode="nearest")
    fast = AddUpsampled.apply(large, small)
    assert fast.data_ptr() == large.data_ptr()
    _assert_same(plain, fast, small)


@pytest.fixture
def wide(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> Generator:
    """The tiny generator, where all its layers count as wide."""
    for name in ("WIDE_FOR_VECTORS", "WIDE_FOR_TILES"):
        monkeypatch.setattr(f"ganmend.models.biggan.prepared.{name}", ALL)
    monkeypatch.setattr("ganmend.models.biggan.prepared.library", lambda: "is there")  # or its work is done by PyTorch
    return tiny_generator


def _inputs(gan: Generator, n: int = 3) -> tuple[Tensor, Tensor]:
    dtype = gan.class_embeddings.dtype
    return torch.randn(n, gan.dim_z, dtype=dtype), gan.class_embeddings[:1].expand(n, -1).clone().requires_grad_()


def test_prepared_is_the_same_function(wide: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.models.biggan.prepared.PRECISIONS", {"float32": torch.float64})
    original = copy.deepcopy(wide).double()
    for layer in original.modules():
        if isinstance(layer, FrozenConvolution) and layer.transposed:  # its kernel was rounded to float32 after folding
            into, out = layer.kernel.shape[:2]
            layer.kernel = upsample_then_convolve_kernel(_random(out, into, 3, 3) / into)
    fast = prepared(original, "float32")
    ways = {layer.way for layer in fast.modules() if isinstance(layer, FastLayer)}
    assert ways == {WinogradConvolution, UpsamplingConvolution}
    z, c = _inputs(original)
    _assert_same(original(z, c), fast(z, c), c)


def test_preparing_leaves_the_original_and_shares_its_table(wide: Generator) -> None:
    before = {name: tensor.clone() for name, tensor in wide.state_dict().items()}
    fast = prepared(wide, "bfloat16")
    assert all(torch.equal(tensor, before[name]) for name, tensor in wide.state_dict().items())
    assert fast.class_embeddings.data_ptr() == wide.class_embeddings.data_ptr()
    assert (wide.precision, fast.precision) == ("", "bfloat16")
    assert prepared(fast) is fast


# One rounding to bfloat16 is 4e-3 at most; the tiny generator has some ten roundings in a row.
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 5e-2)])
def test_precisions(wide: Generator, precision: str, tolerance: float) -> None:
    z, c = _inputs(wide)
    fast = prepared(wide, precision)
    images, expected = fast(z, c), wide(z, c)
    assert images.dtype == torch.float32
    assert (images - expected).norm() < tolerance * expected.norm()
    direction = torch.randn_like(images)
    got, gradient = (torch.autograd.grad(out, c, direction)[0] for out in (images, expected))
    assert got.dtype == torch.float32
    assert F.cosine_similarity(got.flatten(), gradient.flatten(), 0) > 1 - tolerance  # ReLUs near 0 switch


@pytest.mark.parametrize(("asked", "then"), [("half", "unknown precision"), ("bfloat16", "prepared for float32")])
def test_refusals(tiny_generator: Generator, asked: str, then: str) -> None:
    with pytest.raises(OptionError, match=then):
        prepared(prepared(tiny_generator, "float32"), asked)


def test_multiply_adds_of_a_full_size_biggan() -> None:
    """By hand: 21.1 G as written and 13.3 G with the exact rewrites of the loader."""
    widths = [1536, 1536, 768, 384, 192, 96]
    blocks = tuple(
        biggan_block(into, out, ((k + 1) * 20, (k + 2) * 20), k == 3) for k, (into, out) in enumerate(pairwise(widths))
    )
    plan = Architecture(BIGGAN, 128, 120, 128, 4, (0, 20), False, blocks)
    ways = ("written", "direct", Wide(upsampling=384, winograd=192))
    assert [round(multiply_adds(plan, way) / 1e9, 1) for way in ways] == [21.1, 13.3, 8.4]
    scores = 4096 * 1024 * 24
    more = [step_multiply_adds(plan, way) - 2 * multiply_adds(plan, way) for way in ways]
    assert more == [5 * scores, 5 * scores, 6 * scores]  # values are four times as wide as keys


def test_multiply_adds_of_one_convolution() -> None:
    block = Block((Convolution(1, 1, 3, upsample=True),), False, (0, 0))
    plan = Architecture(BIGGAN, 8, 0, 0, 4, (0, 0), False, (block,))
    to_rgb = 27 * 64
    assert multiply_adds(plan, "written") == 9 * 64 + to_rgb
    assert multiply_adds(plan, "direct") == 16 * 16 + to_rgb
    assert multiply_adds(plan, ALL) == 16 * 16 + to_rgb
    assert multiply_adds(plan, Wide(1, 1)) == 9 * 16 + to_rgb


@pytest.mark.long
def test_is_one_graph_to_the_compiler(tiny_generator: Generator) -> None:
    fast = prepared(tiny_generator, "float32")
    z, c = torch.randn(2, fast.dim_z), torch.zeros(2, fast.dim_embedding, requires_grad=True)
    compiled = torch.compile(fast, backend="aot_eager", fullgraph=True)  # its derivation, not its machine code
    for got, expected in zip(
        *((out, *torch.autograd.grad(out.sum(), c)) for out in (compiled(z, c), fast(z, c))), strict=True
    ):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)  # float32: sums in another order
