"""3x3 convolutions with fewer multiplications than their kernels have, for a frozen kernel: forward, and gradient to x.

Each is a product of matrices between planes: sums and differences of neighbouring pixels, and sums and differences of
the products. Less arithmetic, more memory traffic: it pays where channels are many; see docs/performance.md for where.
Images are worked through in parts whose planes stay in the cache.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from ganmend.kernels.passes import CACHE, planes_to_tiles, tiles_to_planes

# Rows give the products m of a tile's pixels, and the outputs of the products: see the classes below for both.
TURNED = [3, 1, 2, 0]  # the order of Winograd's products when the kernel is turned
WINOGRAD = torch.tensor([[1.0, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
WINOGRAD_SUMS = torch.tensor([[1.0, 1, 1, 0], [0, 1, -1, -1]])
UPSAMPLING = torch.tensor([[1.0, -1, 0], [0, 1, 0], [0, -1, 1]])
UPSAMPLING_SUMS = torch.tensor([[1.0, 1, 0], [0, 1, 1]])
UPSAMPLING_BACK = torch.tensor([[0.0, -1, 0, 1], [0, 1, 1, 0], [1, 0, -1, 0]])


class WinogradConvolution(Function):
    """A 3x3 convolution, padding 1, by F(2x2, 3x3) of Winograd (Lavin and Gray 2016): 16 multiplications for 36.

    In one dimension, the outputs 0, 1 of inputs d0 .. d3 are `m0 + m1 + m2` and `m1 - m2 - m3` where
    `m = (d0 - d2) k0, (d1 + d2) (k0 + k1 + k2)/2, (d2 - d1) (k0 - k1 + k2)/2, (d1 - d3) k2`. The gradient to x is the
    convolution with the turned kernel: there k0 and k2, so m0's and m3's kernels, change places.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: Tensor) -> Tensor:
        """x (N, in, H, W), H and W even; kernels (4, 4, in, out) of `winograd_kernels`. -> (N, out, H, W)."""
        ctx.save_for_backward(kernels)
        return _winograd(x, kernels, WINOGRAD, WINOGRAD_SUMS)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Gradient to x."""
        (kernels,) = ctx.saved_tensors
        # Not the kernels change places, which would copy them, but the products: in the tiles and in the sums.
        turned = WINOGRAD[TURNED], WINOGRAD_SUMS[:, TURNED].contiguous()
        return _winograd(gradient, kernels.transpose(2, 3), *turned), None


def _winograd(x: Tensor, kernels: Tensor, mix: Tensor, sums: Tensor) -> Tensor:
    """The convolution of x (N, in, H, W) by the products that `mix` makes and `sums` puts together."""

    def work(x: Tensor, out: Tensor) -> None:
        # Tiles of 4 x 4 pixels, one every 2 pixels, give 2 x 2 outputs each.
        n, height, width, channels = x.shape
        planes = x.new_empty(4, 4, n, height // 2, width // 2, channels)
        tiles_to_planes(x, mix, 2, planes)
        planes_to_tiles(_products(planes, kernels), sums, out)

    n, _, height, width = x.shape
    out = _empty(x, (n, kernels.shape[-1], height, width))
    _in_parts(work, x, out, growth=4, kernels=kernels.nbytes)
    return out


class UpsamplingConvolution(Function):
    """Nearest upsampling by 2, then a 3x3 convolution, padding 1: 9 multiplications for 36 of a pixel.

    In one dimension, with s = k0 + k1 + k2, the outputs 2t and 2t + 1 are `m0 + m1` and `m1 + m2` where
    `m = k0 (x[t-1] - x[t]), s x[t], k2 (x[t+1] - x[t])`. (It is Winograd's F(2, 3), whose fourth product is of the
    difference of two equal pixels.) The gradient to x[t] is the sum of three products of outputs' gradients g:
    `k0 (g[2t+2] - g[2t]), s (g[2t] + g[2t+1]), k2 (g[2t-1] - g[2t+1])`; the sum is the product of matrices' own.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: Tensor) -> Tensor:
        """x (N, in, H, W); kernels (3, 3, out, in) of `upsampling_kernels`. -> (N, out, 2H, 2W)."""
        ctx.save_for_backward(kernels)

        def work(x: Tensor, out: Tensor) -> None:
            # Tiles of 3 x 3 pixels around each pixel give 2 x 2 outputs each.
            planes = x.new_empty(3, 3, *x.shape)
            tiles_to_planes(x, UPSAMPLING, 1, planes)
            planes_to_tiles(_products(planes, kernels.transpose(2, 3)), UPSAMPLING_SUMS, out)

        n, _, height, width = x.shape
        out = _empty(x, (n, kernels.shape[2], 2 * height, 2 * width))
        _in_parts(work, x, out, growth=9, kernels=kernels.nbytes)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Gradient to x."""
        (kernels,) = ctx.saved_tensors

        def work(gradient: Tensor, back: Tensor) -> None:
            # Tiles of 4 x 4 outputs, one every 2: those that a pixel has a part in. The nine products of a pixel lie
            # side by side, (n, H, W, 3, 3, out), so that one product of matrices also sums them.
            planes = gradient.new_empty(*back.shape[:3], 3, 3, gradient.shape[-1])
            tiles_to_planes(gradient, UPSAMPLING_BACK, 2, planes.movedim((3, 4), (0, 1)))
            # (n * H * W, 9 * out) by (9 * out, in)
            torch.mm(planes.flatten(3).flatten(0, 2), kernels.flatten(0, 2), out=back.view(-1, back.shape[-1]))

        n, _, height, width = gradient.shape
        back = _empty(gradient, (n, kernels.shape[3], height // 2, width // 2))
        _in_parts(work, gradient, back, growth=3, kernels=kernels.nbytes)
        return back, None


def _products(planes: Tensor, kernels: Tensor) -> Tensor:
    """Each plane (N, h, w, in) of (a, b, N, h, w, in) by its own matrix of (a, b, in, out)."""
    out = torch.bmm(planes.flatten(0, 1).flatten(1, 3), kernels.flatten(0, 1))  # (a * b, N * h * w, out)
    return out.view(*planes.shape[:-1], -1)  # (a, b, N, h, w, out)


def _in_parts(work: Callable[[Tensor, Tensor], object], x: Tensor, out: Tensor, growth: int, kernels: int) -> None:
    """`work(x, out)` on some images at a time, both as (n, H, W, channels).

    Its planes are `growth` times x. Each part reads all kernels, that many bytes: no use in smaller planes.
    """
    images = max(1, max(CACHE, kernels) // (x[0].numel() * x.element_size() * growth))
    for part, result in zip(x.split(images), out.split(images), strict=True):
        work(part.permute(0, 2, 3, 1), result.permute(0, 2, 3, 1))  # channels last: contiguous without a copy


def _empty(like: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Channels last; no view, so that what follows may add to it in place."""
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def winograd_kernels(weight: Tensor) -> Tensor:
    """Kernels for `WinogradConvolution`: k0, (k0 + k1 + k2)/2, (k0 - k1 + k2)/2 and k2 along each axis.

    Args:
        weight: (out, in, 3, 3).

    Returns:
        (4, 4, in, out), contiguous, of the same type.
    """
    mix = weight.new_tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    return torch.einsum("pk,oikl,ql->pqio", mix, weight, mix).contiguous()


def upsampling_kernels(transposed: Tensor) -> Tensor:
    """Kernels for `UpsamplingConvolution`: k0, s and k2 along each axis.

    Args:
        transposed: (in, out, 4, 4), of `upsample_then_convolve_kernel`: k2, k1 + k2, k0 + k1, k0 along each axis.

    Returns:
        (3, 3, out, in), contiguous, of the same type.
    """
    mix = transposed.new_tensor([[0, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 0]])
    return torch.einsum("pk,iokl,ql->pqoi", mix, transposed, mix).contiguous()
