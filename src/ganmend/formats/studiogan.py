"""PyTorch-StudioGAN: big_resnet, big_resnet_deep_legacy and big_resnet_deep_studiogan, with or without spectral norm.

The block list counts attention layers as blocks of their own; big_resnet_deep_studiogan projects its shortcuts where
big_resnet_deep_legacy drops channels. Both norms and the output norm use eps 1e-4.
"""

import re
from collections.abc import Mapping

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.assemble import Identity, Layer, Norm, assemble
from ganmend.formats.fingerprint import fingerprint
from ganmend.formats.layout import (
    BIGGAN,
    BIGGAN_DEEP,
    biggan_block,
    check_chain,
    deep_block,
    side_of,
    upsampling_blocks,
)
from ganmend.formats.tensors import ReadOptions, TensorReader, shape_of
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.model import BigGAN
from ganmend.models.biggan.rewrites import norm_by_stored_vectors

NAME = "PyTorch-StudioGAN"
TABLE, TRANSPOSED = "shared.weight", False
OTHER_LENGTH = (
    "PyTorch-StudioGAN loads it into a Generator of num_classes={n}; its main.py also loads the discriminator, whose "
    "file is of the old length, as is the optimiser state: its training cannot go on from it"
)
EPS = 1e-4


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return TABLE in tensors and "linear0.bias" in tensors


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The canonical generator, folded in float64 and stored in float32; empties `tensors` on its way.

    Raises:
        CheckpointError: tensors missing, unknown, or of shapes that do not fit together.
    """
    source = _Source(tensors)
    identity = Identity(source.reader.take(TABLE), options.class_names, fingerprint(tensors, TABLE))
    bn_eps = EPS if options.bn_eps is None else options.bn_eps
    return assemble(source.plan, source, identity, bn_eps, bn_eps, source.finish)


class _Source:
    """The parts of one checkpoint by their names; infers the architecture."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.reader = TensorReader(tensors)
        self.spectral = "linear0.weight_orig" in tensors
        self.suffix = "weight_orig" if self.spectral else "weight"
        numbers = {int(match[1]) for name in tensors if (match := re.match(r"blocks\.(\d{1,4})\.0\.", name))}
        if numbers != set(range(len(numbers))):
            raise CheckpointError(
                f"the checkpoint's blocks are numbered {sorted(numbers)}, expected 0 to {len(numbers) - 1}"
            )
        is_attention = {number: f"blocks.{number}.0.sigma" in tensors for number in numbers}
        self.numbers = [number for number in sorted(numbers) if not is_attention[number]]
        self.attended = [is_attention.get(number + 1, False) for number in self.numbers]
        if not self.numbers or is_attention[0]:
            raise CheckpointError("the checkpoint's first block is no residual block: it is incomplete or altered")
        self.plan = self.infer(tensors)

    def infer(self, tensors: Mapping[str, Tensor]) -> Architecture:
        """Resolution, widths, depth, chunking and attention, from shapes alone."""

        def shape(number: int, conv: str) -> tuple[int, ...]:
            return shape_of(tensors, f"blocks.{number}.0.{conv}.{self.suffix}", 4)

        dim_embedding = shape_of(tensors, TABLE, 2)[1]
        first_out, first_in = shape_of(tensors, f"linear0.{self.suffix}", 2)
        condition = shape_of(tensors, f"blocks.0.0.bn1.gain.{self.suffix}", 2)[1]
        deep, projects = "blocks.0.0.conv2d4.bias" in tensors, "blocks.0.0.conv2d0.bias" in tensors
        width = condition - dim_embedding
        if width <= 0 or first_in != (condition if deep else width):
            raise CheckpointError(
                f"the norms take {condition} inputs and 'linear0' {first_in}; expected the embedding "
                f"({dim_embedding}) and the latent"
            )
        channels = [(shape(k, "conv2d1")[1], shape(k, "conv2d4" if deep else "conv2d1")[0]) for k in self.numbers]
        n = len(channels)
        if deep:
            ups, hidden = upsampling_blocks(channels), [shape(k, "conv2d1")[0] for k in self.numbers]
            blocks = tuple(
                deep_block(into, hidden[k], out, ups[k], projects, (0, width), self.attended[k])
                for k, (into, out) in enumerate(channels)
            )
        else:
            blocks = tuple(
                biggan_block(into, out, ((k + 1) * width, (k + 2) * width), self.attended[k])
                for k, (into, out) in enumerate(channels)
            )
        check_chain(blocks)
        side = side_of(first_out, channels[0][0], "linear0")
        return Architecture(
            family=BIGGAN_DEEP if deep else BIGGAN,
            resolution=side * 2 ** sum(block.upsamples for block in blocks),
            dim_z=width if deep else width * (n + 1),
            dim_embedding=dim_embedding,
            first_size=side,
            first_z_slice=(0, width),
            first_sees_embedding=deep,
            blocks=blocks,
        )

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A weight, divided by the sigma of the stored vectors where the checkpoint was trained with spectral norm."""
        weight = self.reader.take(f"{name}.{self.suffix}", shape)
        if not self.spectral:
            return weight
        u = self.reader.take(f"{name}.weight_u", shape[:1])
        return weight.div_(
            norm_by_stored_vectors(weight, u, self.reader.take(f"{name}.weight_v", (weight[0].numel(),)))
        )

    def layer(self, name: str, shape: tuple[int, ...]) -> Layer:
        return Layer(self.weight(name, shape), self.reader.take(f"{name}.bias", shape[:1]))

    def first(self) -> Layer:
        plan = self.plan
        seen = plan.first_z_slice[1] + (plan.dim_embedding if plan.first_sees_embedding else 0)
        return self.layer("linear0", (plan.blocks[0].channels_in * plan.first_size**2, seen))

    def norm(self, block: int, index: int) -> Norm:
        name, plan = f"blocks.{self.numbers[block]}.0.bn{index + 1}", self.plan.blocks[block]
        channels = plan.convolutions[index].channels_in
        shape = (channels, self.plan.dim_embedding + plan.z_slice[1] - plan.z_slice[0])
        return Norm(
            self.weight(f"{name}.gain", shape),
            self.weight(f"{name}.bias", shape),
            self.reader.take(f"{name}.bn.running_mean", (channels,)),
            self.reader.take(f"{name}.bn.running_var", (channels,)),
        )

    def convolution(self, block: int, index: int) -> Layer:
        plan = self.plan.blocks[block].convolutions[index]
        return self.layer(f"blocks.{self.numbers[block]}.0.conv2d{index + 1}", plan.weight_shape)

    def shortcut(self, block: int) -> Layer:
        plan = self.plan.blocks[block]
        return self.layer(f"blocks.{self.numbers[block]}.0.conv2d0", (plan.channels_out, plan.channels_in, 1, 1))

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        name, channels = f"blocks.{self.numbers[block] + 1}.0", self.plan.blocks[block].channels_out
        sigma = self.reader.take(f"{name}.sigma", (1,))
        eighth = (channels // 8, channels, 1, 1)
        query, key = (self.weight(f"{name}.conv1x1_{part}", eighth) for part in ("theta", "phi"))
        value = self.weight(f"{name}.conv1x1_g", (channels // 2, channels, 1, 1))
        return query, key, value, sigma * self.weight(f"{name}.conv1x1_attn", (channels, channels // 2, 1, 1))

    def output_norm(self) -> Norm:
        shape = (self.plan.blocks[-1].channels_out,)
        parts = ("weight", "bias", "running_mean", "running_var")
        return Norm(*(self.reader.take(f"bn4.{part}", shape) for part in parts))

    def to_rgb(self) -> Layer:
        return self.layer("conv2d5", (3, self.plan.blocks[-1].channels_out, 3, 3))

    def finish(self) -> None:
        """Refuse what these generators do not have."""
        self.reader.ignore(".num_batches_tracked")
        self.reader.finish()
