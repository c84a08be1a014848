"""From a checkpoint's parts, whatever their names, to the canonical generator: every format folds the same way."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.plan_check import check_plan
from ganmend.formats.tensors import all_finite
from ganmend.models.biggan.architecture import Architecture, Block
from ganmend.models.biggan.layers import Attention, ConditionalAffine, FrozenConvolution, ResidualBlock
from ganmend.models.biggan.model import BigGAN
from ganmend.models.biggan.rewrites import folded_affine, upsample_then_convolve_kernel


@dataclass(frozen=True)
class Norm:
    """A batch norm in eval mode, (x - mean) / sqrt(variance + eps) * gain + bias; float64.

    A block's norm has matrices on the condition y, and its gain is 1 + G y. The output norm has vectors.

    Attributes:
        gain: (channels, dim_embedding + width of the latent part), the embedding's columns first; or (channels,).
        bias: of the gain's shape.
        mean: (channels,) stored.
        variance: (channels,) stored.
    """

    gain: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class Layer:
    """A convolution's or linear layer's weight and bias, spectral norm divided out; float64.

    Attributes:
        weight: (out, in, ...).
        bias: (out,).
    """

    weight: Tensor
    bias: Tensor


class Source(Protocol):
    """What a format's reader gives; blocks and their convolutions are counted from 0."""

    def first(self) -> Layer:
        """The linear layer; its columns are [embedding, latent] where the plan says that it sees the embedding."""
        ...

    def norm(self, block: int, index: int) -> Norm:
        """The norm before convolution `index` of a block."""
        ...

    def convolution(self, block: int, index: int) -> Layer:
        """Convolution `index` of a block."""
        ...

    def shortcut(self, block: int) -> Layer:
        """The 1x1 convolution of a block that projects."""
        ...

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Query, key, value and output kernels of the attention after a block, gamma folded into the last.

        Block -1 stands for the attention before all blocks.
        """
        ...

    def output_norm(self) -> Norm:
        """The norm before the last convolution."""
        ...

    def to_rgb(self) -> Layer:
        """The last convolution, three channels out."""
        ...

    def finish(self) -> None:
        """Warn of what was not asked for; called once everything was."""
        ...


@dataclass(frozen=True)
class Identity:
    """What a generator is called by.

    Attributes:
        table: (n_classes, dim_embedding), the class table.
        class_names: one a class, or () where the checkpoint has none.
        fingerprint: 16 hexadecimal digits of the checkpoint's tensors, the table left out.
    """

    table: Tensor
    class_names: tuple[str, ...]
    fingerprint: str


def assemble(plan: Architecture, source: Source, identity: Identity, bn_eps: float, output_eps: float) -> BigGAN:
    """Fold all parts and build the generator.

    Args:
        plan: what it is made of.
        source: gives the parts; each is asked for once, and freed when it is folded.
        identity: what it is called by.
        bn_eps: added to the variances of the conditional norms.
        output_eps: added to the output norm's.

    Returns:
        The canonical generator, in float32.

    Raises:
        CheckpointError: the plan cannot be run, or the folded weights are not finite.
    """
    check_plan(plan)
    first = source.first()
    split = plan.dim_embedding if plan.first_sees_embedding else 0
    first_attention = _attention(source, -1) if plan.first_attention else None
    blocks = [_block(plan, index, block, source, bn_eps) for index, block in enumerate(plan.blocks)]
    output, rgb = source.output_norm(), source.to_rgb()
    source.finish()
    # The output norm has no condition: one scale and one offset a channel.
    scale = output.gain * (output.variance + output_eps).rsqrt()
    generator = BigGAN(
        plan,
        identity.table.float().contiguous(),
        identity.class_names,
        identity.fingerprint,
        (
            first.weight[:, split:].float().contiguous(),
            first.bias.float(),
            first.weight[:, :split].float().contiguous() if split else None,
        ),
        blocks,
        (scale.float(), (output.bias - output.mean * scale).float()),
        FrozenConvolution(rgb.weight.float(), rgb.bias.float(), False),
        first_attention,
    )
    _check_finite(generator)
    return generator


def _check_finite(generator: BigGAN) -> None:
    """What was read is finite, but what is divided by a standard deviation or a spectral norm need not be.

    Args:
        generator: just folded.

    Raises:
        CheckpointError: NaN or infinity; a diverged training wrote the file.
    """
    for name, folded in generator.state_dict().items():
        if not all_finite(folded):
            raise CheckpointError(
                f"the weights folded into {name!r} are not finite: a stored variance is below 0, or a layer with "
                "spectral norm is all zeros; the training that wrote them diverged"
            )


def _block(plan: Architecture, index: int, block: Block, source: Source, bn_eps: float) -> ResidualBlock:
    """Each convolution's bias moves into the norm after it; the last one's into the shortcut's, where there is one."""
    affines: list[ConditionalAffine] = []
    kernels: list[FrozenConvolution] = []
    shift: Tensor | None = None
    for k, convolution in enumerate(block.convolutions):
        affines.append(_affine(source.norm(index, k), plan.dim_embedding, bn_eps, shift))
        kernel, shift = _folded(source.convolution(index, k), convolution.upsample)
        kernels.append(FrozenConvolution(kernel, None, transposed=convolution.upsample))
    shortcut = source.shortcut(index) if block.projects else None
    total = shift if shortcut is None or shift is None else shift + shortcut.bias
    attention = _attention(source, index) if block.attention else None
    projection = None if shortcut is None else FrozenConvolution(shortcut.weight.float(), None, transposed=False)
    (projection or kernels[-1]).bias = None if total is None else total.float()
    return ResidualBlock(block, affines, kernels, projection, attention)


def _folded(layer: Layer, upsample: bool, at_once: int = 8) -> tuple[Tensor, Tensor]:
    """The float32 kernel and the bias; with upsampling some input channels at a time, for the kernel is larger."""
    if not upsample:
        return layer.weight.to(torch.float32, memory_format=torch.channels_last), layer.bias
    out, into = layer.weight.shape[:2]
    kernel = torch.empty(into, out, 4, 4, memory_format=torch.channels_last)
    for rows, part in zip(kernel.split(at_once), layer.weight.split(at_once, 1), strict=True):
        rows.copy_(upsample_then_convolve_kernel(part))
    return kernel, layer.bias


def _attention(source: Source, block: int) -> Attention:
    return Attention(*(kernel.float() for kernel in source.attention(block)))


def _affine(norm: Norm, dim_embedding: int, eps: float, shift: Tensor | None) -> ConditionalAffine:
    scale, scale_constant, offset, offset_constant = folded_affine(
        norm.gain, norm.bias, norm.mean, norm.variance, eps, shift
    )
    matrix = torch.cat([scale, offset]).float()
    constant = torch.cat([scale_constant, offset_constant]).float()
    return ConditionalAffine(matrix[:, :dim_embedding].contiguous(), matrix[:, dim_embedding:].contiguous(), constant)
