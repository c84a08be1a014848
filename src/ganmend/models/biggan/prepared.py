"""The generator made ready for many images: its precision chosen, its wide convolutions with fewer multiplications."""

import copy

import torch
from torch import Tensor, nn

from ganmend.errors import OptionError
from ganmend.kernels.fast_convolution import (
    UpsamplingConvolution,
    WinogradConvolution,
    upsampling_kernels,
    winograd_kernels,
)
from ganmend.kernels.passes import library
from ganmend.models.biggan.architecture import Convolution
from ganmend.models.biggan.cost import Wide
from ganmend.models.biggan.layers import FrozenConvolution, ResidualBlock
from ganmend.models.biggan.model import BigGAN
from ganmend.models.precision import PRECISIONS, best_precision

WIDE_FOR_VECTORS = Wide(upsampling=384, winograd=192)
WIDE_FOR_TILES = Wide(upsampling=768, winograd=384)  # Intel's AMX, which multiplies bfloat16 several times as fast


class FastLayer(nn.Module):
    """A convolution done with fewer multiplications."""

    kernels: Tensor
    bias: Tensor | None

    def __init__(
        self, way: type[WinogradConvolution | UpsamplingConvolution], kernels: Tensor, bias: Tensor | None
    ) -> None:
        super().__init__()
        self.way = way
        self.register_buffer("kernels", kernels)
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, H, W), or twice the size where it upsamples."""
        out = self.way.apply(x, self.kernels)
        result: Tensor = out if self.bias is None else out + self.bias[:, None, None]
        return result


def prepared(generator: BigGAN, precision: str = "auto") -> BigGAN:
    """The same generator, ready for many images; it shares what needs no change, and the original stays as it is.

    Embeddings, latents, scales and offsets stay float32, and so do the images that it gives; convolutions and attention
    work in the precision. On a CPU wide 3x3 convolutions are replaced by ones with fewer multiplications, where the
    code for that was compiled (passes.py).

    Args:
        generator: on the device where it is to run. One that is prepared already comes back as it is.
        precision: a name of PRECISIONS, or 'auto' for the faster one on the generator's device.

    Returns:
        A generator that gives the same images up to rounding.

    Raises:
        OptionError: an unknown precision, or another one than the generator was prepared for.
    """
    if precision not in (*PRECISIONS, "auto"):
        raise OptionError(f"unknown precision {precision!r}; expected auto, {' or '.join(PRECISIONS)}")
    if generator.precision:
        if precision not in (generator.precision, "auto"):
            raise OptionError(f"a generator prepared for {generator.precision} came; {precision} was asked for")
        return generator
    # A memo of the tensors themselves: modules are copied, tensors shared.
    fast = copy.deepcopy(generator, {id(tensor): tensor for tensor in generator.buffers()})
    fast.precision = best_precision(generator.device) if precision == "auto" else precision
    dtype = PRECISIONS[fast.precision]
    fast.wide = _wide(generator, dtype)
    for block in fast.modules():
        if isinstance(block, ResidualBlock) and fast.wide is not None:
            pairs = zip(block.plan.convolutions, block.convolutions, strict=True)
            block.convolutions = nn.ModuleList(
                _fewer_products(plan, layer, fast.wide).to(dtype) for plan, layer in pairs
            )
    for layer in fast.modules():
        if isinstance(layer, FrozenConvolution):
            layer.to(dtype)
    return fast


def _wide(generator: BigGAN, dtype: torch.dtype) -> Wide | None:
    """From which widths on fewer multiplications pay on this processor; None where they never do."""
    if generator.device.type != "cpu" or generator.architecture.first_size % 2 or library() is None:  # tiles are even
        return None
    by_tiles = dtype == torch.bfloat16 and torch.cpu._is_amx_tile_supported()
    return WIDE_FOR_TILES if by_tiles else WIDE_FOR_VECTORS


def _fewer_products(plan: Convolution, layer: nn.Module, wide: Wide) -> nn.Module:
    """The layer that does a convolution's work, itself where it is narrow."""
    assert isinstance(layer, FrozenConvolution)
    if wide.upsamples_in_parts(plan):
        return FastLayer(UpsamplingConvolution, upsampling_kernels(layer.kernel), layer.bias)
    if wide.by_winograd(plan):
        return FastLayer(WinogradConvolution, winograd_kernels(layer.kernel), layer.bias)
    return layer
