"""The compiled passes against the formulas that stand in for them, computed in float64."""

import ctypes
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ganmend.kernels import passes
from ganmend.kernels.fast_convolution import UPSAMPLING, UPSAMPLING_BACK, UPSAMPLING_SUMS, WINOGRAD, WINOGRAD_SUMS

SETS = {"": "DEFAULT", "_avx2": "AVX2", "_avx512": "AVX512"}  # what PyTorch calls the processors that have each
# Sums and products of a few numbers in float32, then one rounding to the type of the result.
TOLERANCES = {torch.float32: 2e-6, torch.bfloat16: 4e-3}


@pytest.fixture(params=SETS, autouse=True, ids=["any processor", "AVX2", "AVX-512"])
def _compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    capable = list(SETS.values()).index(torch.backends.cpu.get_cpu_capability())
    if list(SETS).index(request.param) > capable:
        pytest.skip("this processor does not have these instructions")
    file = Path(passes.__file__).with_name(f"_passes{request.param}{EXTENSION_SUFFIXES[0]}")
    if not file.is_file():
        pytest.skip("no C compiler was there at installation")
    code = ctypes.CDLL(str(file))
    monkeypatch.setattr(passes, "library", lambda: code)


@pytest.fixture(params=TOLERANCES, ids=["float32", "bfloat16"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


def _check(function: Callable[..., object], *inputs: Tensor, largest: float = 0.0) -> None:
    """Same results as in float64, within a rounding of their largest number, or of a larger one on the way."""
    expected, got = function(*(each.double() for each in inputs)), function(*inputs)
    for plain, fast in zip(*(each if isinstance(each, tuple) else (each,) for each in (expected, got)), strict=True):
        tolerance = TOLERANCES[fast.dtype] * max(largest, float(plain.abs().max()))
        torch.testing.assert_close(fast.double(), plain, rtol=0, atol=tolerance)


def _features(dtype: torch.dtype, *shape: int) -> Tensor:
    return torch.randn(shape).to(dtype)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=["channels last", "NCHW"])
@pytest.mark.parametrize("shape", [(3, 70, 4, 6), (1, 5, 3, 3)])  # strips, blocks and vectors that do not fit
def test_scaled_relu(dtype: torch.dtype, shape: tuple[int, ...], layout: torch.memory_format) -> None:
    x, gradient = (_features(dtype, *shape).to(memory_format=layout) for _ in range(2))
    of_each, of_all = (torch.randn(images, shape[1], 1, 1).to(dtype).float() for images in (shape[0], 1))
    x[(x * of_each + of_all).abs() < 0.05] = 1  # a sign that rounding may turn
    x[(x * of_all + of_each).abs() < 0.05] = 1
    _check(passes.scaled_relu, x, of_each, of_all)
    _check(passes.scaled_relu_back, x, of_all, of_all, gradient)
    _check(passes.scaled_relu_back, x, of_each, of_each, gradient)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=["channels last", "NCHW"])
def test_add_upsampled(dtype: torch.dtype, layout: torch.memory_format) -> None:
    shapes = (2, 35, 4, 6), (2, 35, 2, 3)
    x, small = (_features(dtype, *shape).to(memory_format=layout) for shape in shapes)
    expected = (x + torch.nn.functional.interpolate(small.float(), scale_factor=2, mode="nearest")).to(dtype)
    passes.add_upsampled(x, small)
    assert torch.equal(x, expected)


def test_not_a_number_stays(dtype: torch.dtype) -> None:
    x = torch.full((1, 40, 2, 2), torch.nan, dtype=dtype)
    assert passes.scaled_relu(x, torch.ones(1, 40, 1, 1), torch.zeros(1, 40, 1, 1)).isnan().all()
    assert passes.softmax(x).isnan().all()


@pytest.mark.parametrize("length", [1, 5, 1030])
@pytest.mark.parametrize("spread", [1, 100])  # at 100 most powers of e are too small to count
def test_softmax(dtype: torch.dtype, length: int, spread: int) -> None:
    scores = spread * _features(dtype, 2, 3, length)
    _check(passes.softmax, scores.clone())
    gradient = _features(dtype, 2, 3, length)
    # One weight that is nearly 1 takes its gradient less the mean, nearly that gradient itself.
    _check(passes.softmax_back, scores.clone(), gradient, largest=float(gradient.abs().max()) if spread > 1 else 0)


def test_a_row_too_long_for_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONGEST", 4)
    scores = torch.randn(2, 5)
    torch.testing.assert_close(passes.softmax(scores.clone()), scores.softmax(-1))


@pytest.mark.parametrize(("mix", "stride"), [(WINOGRAD, 2), (UPSAMPLING, 1), (UPSAMPLING_BACK, 2)])
@pytest.mark.parametrize("channels", [5, 70])
@pytest.mark.parametrize("by_tile", [False, True], ids=["plane by plane", "tile by tile"])
def test_tiles_to_planes(dtype: torch.dtype, mix: Tensor, stride: int, channels: int, by_tile: bool) -> None:
    def planes(x: Tensor) -> Tensor:
        kinds, order = len(mix), (2, 3, 4, 0, 1, 5) if by_tile else range(6)
        shape = (kinds, kinds, len(x), x.shape[1] // stride, x.shape[2] // stride, channels)
        out = x.new_empty([shape[axis] for axis in order])
        passes.tiles_to_planes(x, mix, stride, out.movedim((3, 4), (0, 1)) if by_tile else out)
        return out

    _check(planes, _features(dtype, 2, 4, 6, channels))


@pytest.mark.parametrize("mix", [WINOGRAD_SUMS, UPSAMPLING_SUMS])
@pytest.mark.parametrize("channels", [5, 70])
def test_planes_to_tiles(dtype: torch.dtype, mix: Tensor, channels: int) -> None:
    def pixels(planes: Tensor) -> Tensor:
        out = planes.new_empty(2, 4, 6, channels)
        passes.planes_to_tiles(planes, mix, out)
        return out

    kinds = mix.shape[1]
    _check(pixels, _features(dtype, kinds, kinds, 2, 2, 3, channels))
