"""ajbrock/BigGAN-PyTorch, BigGAN with hierarchical or plain z: a bare state dict.

The architecture is read from the tensors' shapes. BN_eps and SN_eps are not in the file: the published 128 and 256 px
checkpoints use 1e-4 for both, the CIFAR scripts 1e-5 and 1e-8.
"""

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.generator.architecture import Architecture, Block, Convolution
from ganmend.generator.fingerprint import fingerprint
from ganmend.generator.formats.tensors import TensorReader
from ganmend.generator.model import Attention, ConditionalAffine, FrozenConvolution, Generator, ResidualBlock
from ganmend.generator.rewrites import folded_affine, normalised_by_power_iteration, upsample_then_convolve_kernel

NAME = "ajbrock/BigGAN-PyTorch BigGAN"
TABLE = "shared.weight"
OUTPUT_NORM_EPS = 1e-5  # the output norm ignores BN_eps


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return TABLE in tensors and "blocks.0.0.conv1.weight" in tensors and "blocks.0.0.conv3.weight" not in tensors


def default_eps(resolution: int) -> tuple[float, float]:
    """BN_eps and SN_eps of the published checkpoints of that resolution."""
    return (1e-4, 1e-4) if resolution >= 128 else (1e-5, 1e-8)


def read(
    tensors: Mapping[str, Tensor], class_names: tuple[str, ...], bn_eps: float | None, sn_eps: float | None
) -> Generator:
    """The canonical generator, folded in float64 and stored in float32.

    Raises:
        CheckpointError: tensors missing, unknown, or of shapes that do not fit together.
    """
    tensors = {_plain_norm_name(name): tensor for name, tensor in tensors.items()}
    architecture = infer_architecture(tensors)
    known_bn, known_sn = default_eps(architecture.resolution)
    builder = _Builder(
        tensors, architecture, known_bn if bn_eps is None else bn_eps, known_sn if sn_eps is None else sn_eps
    )
    generator = builder.build(class_names)
    return generator


def _plain_norm_name(name: str) -> str:
    """Names of the cross-replica and `mybn` variants of the norms, as those of the plain one."""
    return name.replace(".bn.running_", ".stored_").replace(".bn.stored_", ".stored_")


def _shape(tensors: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    if name not in tensors:
        raise CheckpointError(f"the checkpoint lacks the tensor {name!r}: it is incomplete or of another kind")
    if tensors[name].dim() != dimensions:
        raise CheckpointError(
            f"tensor {name!r} has shape {tuple(tensors[name].shape)}, expected {dimensions} dimensions"
        )
    return tuple(tensors[name].shape)


def infer_architecture(tensors: Mapping[str, Tensor]) -> Architecture:
    """Resolution, widths, chunking and attention, from shapes alone."""
    dim_embedding = _shape(tensors, TABLE, 2)[1]
    indices = {int(match[1]) for name in tensors if (match := re.match(r"blocks\.(\d+)\.0\.", name))}
    n_blocks = len(indices)
    if indices != set(range(n_blocks)):
        raise CheckpointError(f"the checkpoint's blocks are numbered {sorted(indices)}, expected 0 to {n_blocks - 1}")
    first_out, chunk = _shape(tensors, "linear.weight", 2)
    condition = _shape(tensors, "blocks.0.0.bn1.gain.weight", 2)[1]
    if condition not in (dim_embedding, dim_embedding + chunk):
        raise CheckpointError(
            f"the norms take {condition} inputs; expected {dim_embedding} (the embedding) "
            f"or {dim_embedding + chunk} (embedding and latent chunk)"
        )
    hierarchical = condition > dim_embedding
    blocks = []
    for index in range(n_blocks):
        out, into, *_ = _shape(tensors, f"blocks.{index}.0.conv1.weight", 4)
        z_slice = ((index + 1) * chunk, (index + 2) * chunk) if hierarchical else (0, 0)
        convolutions = (Convolution(into, out, 3, upsample=True), Convolution(out, out, 3))
        blocks.append(Block(convolutions, True, z_slice, f"blocks.{index}.1.theta.weight" in tensors))
    area = first_out // blocks[0].convolutions[0].channels_in
    first_size = math.isqrt(area)
    if first_size**2 * blocks[0].convolutions[0].channels_in != first_out:
        raise CheckpointError(f"'linear.weight' gives {first_out} values, no square of the first block's channels")
    return Architecture(
        family="BigGAN",
        resolution=first_size * 2**n_blocks,
        dim_z=chunk * (n_blocks + 1) if hierarchical else chunk,
        dim_embedding=dim_embedding,
        first_size=first_size,
        first_z_slice=(0, chunk),
        first_sees_embedding=False,
        blocks=tuple(blocks),
    )


class _Builder:
    """Folds one checkpoint; holds what every step needs: the reader, the plan and the two eps."""

    def __init__(self, tensors: Mapping[str, Tensor], architecture: Architecture, bn_eps: float, sn_eps: float) -> None:
        self.tensors, self.reader = tensors, TensorReader(tensors)
        self.architecture, self.bn_eps, self.sn_eps = architecture, bn_eps, sn_eps
        self.spectral = any(name.endswith(".u0") for name in tensors)

    def build(self, class_names: tuple[str, ...]) -> Generator:
        plan, reader = self.architecture, self.reader
        table = reader.take(TABLE)
        width = plan.blocks[0].convolutions[0].channels_in * plan.first_size**2
        first = self.weight("linear", (width, plan.first_z_slice[1]))
        first_bias = reader.take("linear.bias", (width,))
        blocks = [self.block(index, block) for index, block in enumerate(plan.blocks)]
        channels = plan.blocks[-1].convolutions[-1].channels_out
        last_affine = self.output_affine(channels)
        rgb_name = "output_layer.2" if "output_layer.2.weight" in reader else "output_layer.1"
        to_rgb = FrozenConvolution(
            self.weight(rgb_name, (3, channels, 3, 3)).float(), reader.take(f"{rgb_name}.bias", (3,)).float(), False
        )
        reader.ignore(".sv0", ".u0", ".num_batches_tracked", ".accumulation_counter")
        reader.finish()
        return Generator(
            plan,
            table.float(),
            class_names or tuple(f"class {index}" for index in range(len(table))),
            fingerprint(self.tensors, TABLE),
            (first.float(), first_bias.float(), None),
            blocks,
            last_affine,
            to_rgb,
        )

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A weight, spectrally normalised where the checkpoint was trained so: then every layer stores a vector."""
        weight = self.reader.take(f"{name}.weight", shape)
        if not self.spectral:
            return weight
        return normalised_by_power_iteration(weight, self.reader.take(f"{name}.u0", (1, shape[0])), self.sn_eps)

    def affine(self, name: str, channels: int, shift: Tensor | None) -> ConditionalAffine:
        """Conditional norm `name`, with the bias of the convolution before it folded in."""
        start, stop = self.architecture.blocks[0].z_slice
        embedding = self.architecture.dim_embedding
        shape = (channels, embedding + stop - start)
        scale, scale_constant, offset, offset_constant = folded_affine(
            self.weight(f"{name}.gain", shape),
            self.weight(f"{name}.bias", shape),
            self.reader.take(f"{name}.stored_mean", (channels,)),
            self.reader.take(f"{name}.stored_var", (channels,)),
            self.bn_eps,
            shift,
        )
        matrix = torch.cat([scale, offset]).float()  # the condition is [embedding, chunk]
        constant = torch.cat([scale_constant, offset_constant]).float()
        return ConditionalAffine(matrix[:, :embedding].contiguous(), matrix[:, embedding:].contiguous(), constant)

    def block(self, index: int, plan: Block) -> ResidualBlock:
        name, (first, second) = f"blocks.{index}.0", plan.convolutions
        into, out = first.channels_in, first.channels_out
        bias1, bias2, bias_shortcut = (
            self.reader.take(f"{name}.{conv}.bias", (out,)) for conv in ("conv1", "conv2", "conv_sc")
        )
        conv1 = upsample_then_convolve_kernel(self.weight(f"{name}.conv1", (out, into, 3, 3)))
        conv2 = self.weight(f"{name}.conv2", (out, second.channels_in, 3, 3))
        shortcut = self.weight(f"{name}.conv_sc", (out, into, 1, 1))
        return ResidualBlock(
            plan,
            [self.affine(f"{name}.bn1", into, None), self.affine(f"{name}.bn2", out, bias1)],
            [
                FrozenConvolution(conv1.float(), None, transposed=True),
                FrozenConvolution(conv2.float(), (bias2 + bias_shortcut).float(), transposed=False),
            ],
            FrozenConvolution(shortcut.float(), None, transposed=False),
            self.attention(f"blocks.{index}.1", out) if plan.attention else None,
        )

    def attention(self, name: str, channels: int) -> Attention:
        gamma = self.reader.take(f"{name}.gamma", ())
        query, key = (self.weight(f"{name}.{part}", (channels // 8, channels, 1, 1)) for part in ("theta", "phi"))
        value = self.weight(f"{name}.g", (channels // 2, channels, 1, 1))
        out = gamma * self.weight(f"{name}.o", (channels, channels // 2, 1, 1))
        return Attention(query.float(), key.float(), value.float(), out.float())

    def output_affine(self, channels: int) -> tuple[Tensor, Tensor]:
        name = "output_layer.0"
        gain, bias, mean, variance = (
            self.reader.take(f"{name}.{part}", (channels,)) for part in ("gain", "bias", "stored_mean", "stored_var")
        )
        scale = gain * (variance + OUTPUT_NORM_EPS).rsqrt()
        return scale.float(), (bias - mean * scale).float()
