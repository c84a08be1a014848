"""Layers of BigGAN-128, batch 10, each done in several ways: milliseconds forward, and of the gradient to the input.

python benchmarks/layers.py --precision bfloat16
"""

import argparse
from collections.abc import Callable
from functools import partial
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmend.kernels.allocator import keep_freed_memory
from ganmend.kernels.attention import AttendByUnits, AttendInTiles, units_take
from ganmend.kernels.fast_convolution import (
    UpsamplingConvolution,
    WinogradConvolution,
    upsampling_kernels,
    winograd_kernels,
)
from ganmend.models.biggan.rewrites import upsample_then_convolve_kernel
from ganmend.models.precision import PRECISIONS

LAYERS = ((1536, 1536, 4), (1536, 768, 8), (768, 384, 16), (384, 192, 32), (192, 96, 64))  # in, out, pixels before
BATCH, REPEATS = 10, 8


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="bfloat16")
    dtype = PRECISIONS[parser.parse_args().precision]
    keep_freed_memory()
    print("| layer | way | forward | gradient |\n| --- | --- | --- | --- |", flush=True)
    for into, out, pixels in LAYERS:
        upsampling(into, out, pixels, dtype)
        convolution(out, 2 * pixels, dtype)
    attention(64, 96, dtype)
    attention(128, 96, dtype)  # of BigGAN-256; its weights of all pairs are 67 million an image


def upsampling(into: int, out: int, pixels: int, dtype: torch.dtype) -> None:
    """Upsampling and convolution."""
    kernel = upsample_then_convolve_kernel(torch.randn(out, into, 3, 3) / into)
    fewer = upsampling_kernels(kernel).to(dtype)
    kernel = kernel.to(dtype, memory_format=torch.channels_last)
    x = images(into, pixels, dtype)
    name = f"upsampling, {into} to {out}, {pixels} px"
    show(name, "transposed convolution", partial(F.conv_transpose2d, x, kernel, None, 2, 1), [x])
    show(name, "9 products a pixel", partial(UpsamplingConvolution.apply, x, fewer), [x])


def convolution(channels: int, pixels: int, dtype: torch.dtype) -> None:
    """3x3 convolution."""
    weight = torch.randn(channels, channels, 3, 3) / channels
    x = images(channels, pixels, dtype)
    name = f"3x3, {channels} channels, {pixels} px"
    kernel = weight.to(dtype, memory_format=torch.channels_last)
    show(name, "direct", partial(F.conv2d, x, kernel, padding=1), [x])
    show(name, "Winograd", partial(WinogradConvolution.apply, x, winograd_kernels(weight).to(dtype)), [x])


def attention(pixels: int, wide: int, dtype: torch.dtype) -> None:
    """A query a pixel, of wide / 4 numbers; a quarter as many keys, and values of `wide`."""
    shapes = ((pixels**2, wide // 4), (pixels**2 // 4, wide // 4), (pixels**2 // 4, wide))
    query, key, value = (torch.randn(BATCH, *shape).to(dtype).requires_grad_() for shape in shapes)
    name, inputs = f"attention, {pixels} px", [query, key, value]
    fused = partial(F.scaled_dot_product_attention, scale=1.0)
    show(name, "scaled_dot_product_attention", partial(fused, query, key, value), inputs)
    show(name, "the same, keys padded", lambda: fused(*(widened(part, wide)[:, None] for part in inputs)), inputs)
    show(name, "products", lambda: (query @ key.transpose(1, 2)).softmax(-1) @ value, inputs)
    show(name, "products, in tiles", partial(AttendInTiles.apply, query, key, value), inputs)
    if units_take(query, key, value):
        show(name, "by matrix units", partial(AttendByUnits.apply, query, key, value), inputs)


def widened(x: Tensor, width: int) -> Tensor:
    """Zeros up to a width."""
    return F.pad(x, (0, width - x.shape[-1]))


def images(channels: int, pixels: int, dtype: torch.dtype) -> Tensor:
    """Channels last."""
    x = torch.randn(BATCH, channels, pixels, pixels).to(dtype, memory_format=torch.channels_last)
    return x.requires_grad_()


def show(name: str, way: str, forward: Callable[[], Tensor], inputs: list[Tensor]) -> None:
    """One row: the best of some repeats."""
    ahead = back = float("inf")
    for _ in range(REPEATS):
        start = perf_counter()
        out = forward()
        middle = perf_counter()
        direction = torch.ones_like(out)
        turned = perf_counter()
        torch.autograd.grad(out, inputs, direction)
        ahead, back = min(ahead, middle - start), min(back, perf_counter() - turned)
    print(f"| {name} | {way} | {ahead * 1000:.0f} ms | {back * 1000:.0f} ms |", flush=True)


if __name__ == "__main__":
    main()
