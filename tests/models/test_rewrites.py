"""The rewrites are exact. Tolerance 1e-12 in float64: sums of some hundred products of numbers near 1, 2e-16 each."""

import copy

import pytest
import torch
import torch.nn.functional as F

from ganmend.models.biggan.rewrites import (
    folded_affine,
    norm_by_power_iteration,
    upsample_then_convolve_kernel,
    weight_of_upsampling_kernel,
)
from ganmend.models.protocol import Generator

EXACT = {"rtol": 0.0, "atol": 1e-12}


def test_upsample_and_convolve_is_one_transposed_convolution() -> None:
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    weight = torch.randn(4, 3, 3, 3, dtype=torch.float64) / 5
    plain = F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, padding=1)
    rewritten = F.conv_transpose2d(x, upsample_then_convolve_kernel(weight), stride=2, padding=1)
    torch.testing.assert_close(rewritten, plain, **EXACT)


def test_the_weight_comes_back_from_the_transposed_kernel() -> None:
    weight = torch.randn(4, 3, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(weight_of_upsampling_kernel(upsample_then_convolve_kernel(weight)), weight, **EXACT)


@pytest.mark.parametrize("with_shift", [False, True])
def test_folded_norm(with_shift: bool) -> None:
    channels, condition = 4, 6
    gain, bias = torch.randn(2, channels, condition, dtype=torch.float64)
    mean, shift = torch.randn(2, channels, dtype=torch.float64)
    variance = torch.rand(channels, dtype=torch.float64) + 0.5
    x, y = torch.randn(2, channels, 3, 3, dtype=torch.float64), torch.randn(2, condition, dtype=torch.float64)
    before = x + shift[:, None, None] if with_shift else x
    normed = F.batch_norm(before, mean, variance, eps=1e-4)
    plain = normed * (1 + y @ gain.T)[:, :, None, None] + (y @ bias.T)[:, :, None, None]
    scale, scale0, offset, offset0 = folded_affine(gain, bias, mean, variance, 1e-4, shift if with_shift else None)
    folded = x * (y @ scale.T + scale0)[:, :, None, None] + (y @ offset.T + offset0)[:, :, None, None]
    torch.testing.assert_close(folded, plain, **EXACT)


def test_power_iteration_from_the_true_vector_gives_the_spectral_norm() -> None:
    weight = torch.randn(6, 4, 3, 3, dtype=torch.float64)
    left, values, _ = torch.linalg.svd(weight.flatten(1))
    torch.testing.assert_close(norm_by_power_iteration(weight, left[:, :1].T, 1e-8), values[0], **EXACT)


def test_power_iteration_is_a_single_one() -> None:
    weight, u = torch.randn(6, 5, dtype=torch.float64), torch.randn(1, 6, dtype=torch.float64)
    v = u @ weight / (u @ weight).norm()
    sigma = (weight @ v.T).norm()
    torch.testing.assert_close(norm_by_power_iteration(weight, u, 1e-8), sigma, **EXACT)


def test_generator_is_differentiable_and_frozen(tiny_generator: Generator) -> None:
    double = _double(tiny_generator)
    z = torch.randn(1, double.dim_z, dtype=torch.float64, requires_grad=True)
    c = double.class_embeddings[:1].clone().requires_grad_()
    direction_z, direction_c = torch.randn_like(z), torch.randn_like(c)
    grad_z, grad_c = torch.autograd.grad(double(z, c).sum(), (z, c))
    step = 1e-6  # central difference: error about step^2 against rounding about 1e-16 / step
    with torch.no_grad():
        ahead = double(z + step * direction_z, c + step * direction_c).sum()
        behind = double(z - step * direction_z, c - step * direction_c).sum()
    slope = (grad_z * direction_z).sum() + (grad_c * direction_c).sum()
    torch.testing.assert_close((ahead - behind) / (2 * step), slope, rtol=1e-4, atol=1e-4)
    assert not list(tiny_generator.parameters()), "nothing in the generator is trainable"


def _double(generator: Generator) -> Generator:

    return copy.deepcopy(generator).double()


def test_images_are_float32_in_range(tiny_generator: Generator) -> None:
    images = tiny_generator(3 * torch.randn(3, tiny_generator.dim_z), tiny_generator.class_embeddings[0])
    assert images.dtype == torch.float32
    assert images.shape == (3, 3, 32, 32)
    assert images.abs().max() <= 1
