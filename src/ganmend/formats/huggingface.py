"""huggingface/pytorch-pretrained-BigGAN: BigGAN-deep, converted from the published TensorFlow models.

The norms store statistics for evenly spaced truncations; config.json beside the weights says which blocks upsample
and where attention stands. Without it both are read from the shapes.
"""

import math
from collections.abc import Collection, Mapping

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.assemble import Identity, Layer, Norm, assemble
from ganmend.formats.fingerprint import fingerprint
from ganmend.formats.flag_columns import Entered, FlagColumns
from ganmend.formats.huggingface_config import check_config, eps_of, upsampling_of
from ganmend.formats.layout import attention_shapes, deep_blocks, first_shape, norm_shape, plan_of
from ganmend.formats.numbering import numbered, numbering
from ganmend.formats.protocol import ClassTable, Folder, Format, ReadOptions
from ganmend.formats.tensors import TensorReader, shape_of, stored_spectral_norm
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.model import BigGAN

TABLE = ClassTable(
    "embeddings.weight",
    "pytorch-pretrained-BigGAN loads it with num_classes {n} in the config.json beside it, and then takes labels of "
    "{n} numbers",
    "pytorch-pretrained-BigGAN loads it with z_dim {n} in the config.json beside it, and then takes latents of {n} "
    "numbers, whose last have no effect",
    transposed=True,
)
MODULES = ("embeddings", "generator")
WEIGHTS, CONFIG = "pytorch_model.bin", "config.json"  # the two files of a checkpoint
ALSO = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin.index.json")  # transformers' names
SIDE = 4  # of the first feature map; its layout is channels-last
FLAG = 2.0**8  # of a class with offsets; half precision holds it, and no table has it by chance


def recognises(names: Collection[str]) -> bool:
    """Whether tensors of these names are this format's."""
    return TABLE.tensor in names and any(name.startswith("generator.layers.") for name in names)


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The canonical generator for one truncation (None is 1), folded in float64 and stored in float32.

    Args:
        tensors: by name; emptied on the way.
        options: names, truncation, eps and the config.json beside the tensors.

    Returns:
        The generator; its truncation is the one whose statistics it has.

    Raises:
        CheckpointError: tensors missing, unknown, or of shapes that do not fit together or with config.json.
    """
    truncation = 1.0 if options.truncation is None else options.truncation
    source = _HuggingfaceParts(tensors, options.config, truncation)
    table = TABLE.turned(source.reader.take(TABLE.tensor))
    identity = Identity(table, options.class_names, fingerprint(tensors, TABLE.tensor, MODULES))
    check_config(options.config, source.plan, len(identity.table))
    bn_eps = eps_of(options.config) if options.bn_eps is None else options.bn_eps
    generator = assemble(source.plan, source, identity, bn_eps, bn_eps)
    generator.truncation = truncation
    return generator


def entered(tensors: Mapping[str, Tensor]) -> Entered:
    """The layers that the embedding enters; raises what reading the checkpoint does."""
    parts = _HuggingfaceParts(dict(tensors), {}, 1.0)
    norms = tuple(
        f"{parts.norm_name(block, index)}.{part}"
        for block, it in enumerate(parts.plan.blocks)
        for index in range(len(it.convolutions))
        for part in ("scale", "offset")
    )
    return Entered(norms, ("generator.gen_z",), "weight_orig", stored_spectral_norm)


class _HuggingfaceParts:
    """The parts of one checkpoint, by the names that pytorch-pretrained-BigGAN gives them; infers the architecture."""

    def __init__(self, tensors: dict[str, Tensor], config: Mapping[str, object], truncation: float) -> None:
        self.reader, self.truncation = TensorReader(tensors), truncation
        layers = numbered(tensors, r"generator\.layers\.(\d{1,4})\.", "layers")
        self.layers = numbering([f"generator.layers.{number}.gamma" in tensors for number in layers])
        self.plan = self.infer(tensors, config)

    def infer(self, tensors: Mapping[str, Tensor], config: Mapping[str, object]) -> Architecture:
        """Widths and attention from shapes; which blocks upsample from config.json where there is one.

        Args:
            tensors: by name.
            config: the content of config.json, or nothing.

        Returns:
            The plan.

        Raises:
            CheckpointError: tensors missing, or of shapes that do not fit together or with config.json.
        """
        dim_embedding = shape_of(tensors, TABLE.tensor, 2)[0]
        values, condition = shape_of(tensors, "generator.gen_z.weight_orig", 2)
        widths = []
        for number in self.layers.residual:
            name = f"generator.layers.{number}"
            hidden, into, *_ = shape_of(tensors, f"{name}.conv_0.weight_orig", 4)
            widths.append((into, hidden, shape_of(tensors, f"{name}.conv_3.weight_orig", 4)[0]))
        dim_z = condition - dim_embedding
        if dim_z <= 0:
            raise CheckpointError(f"'gen_z' takes {condition} inputs; expected the latent and {dim_embedding} more")
        upsamples = upsampling_of(config, [(into, out) for into, _, out in widths])
        plan = plan_of(
            deep_blocks(widths, dim_z, self.layers.attended, upsamples=upsamples),
            ("gen_z", values),
            deep=True,
            dim_z=dim_z,
            dim_embedding=dim_embedding,
            seen=dim_z,
            first_attention=self.layers.first_attention,
        )
        if plan.first_size != SIDE:
            raise CheckpointError(
                f"'gen_z' gives features of {plan.first_size} x {plan.first_size}; expected {SIDE} x {SIDE}"
            )
        return plan

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        weight = self.reader.take(f"{name}.weight_orig", shape)
        return weight.div_(stored_spectral_norm(self.reader, name, weight))

    def conditional(self, name: str, shape: tuple[int, int]) -> Tensor:
        """A matrix on the condition, its columns brought from [latent, embedding] to [embedding, latent]."""
        return self.weight(name, shape).roll(-self.plan.dim_z, 1)

    def statistics(self, name: str, channels: int) -> tuple[Tensor, Tensor]:
        """The statistics of a norm at this truncation.

        Args:
            name: of the norm.
            channels: that it has.

        Returns:
            Mean and variance, (channels,) each.

        Raises:
            CheckpointError: fewer than two are stored, or of another width.
        """
        means, variances = (self.reader.take(f"{name}.running_{part}") for part in ("means", "vars"))
        for stored in (means, variances):
            if stored.dim() != 2 or len(stored) < 2 or stored.shape[1] != channels:
                raise CheckpointError(
                    f"{name!r} stores statistics {tuple(stored.shape)}; expected (2 or more, {channels})"
                )
        return at_truncation(means, self.truncation), at_truncation(variances, self.truncation)

    def first(self) -> Layer:
        shape, side = first_shape(self.plan), self.plan.first_size
        weight = self.conditional("generator.gen_z", shape)
        bias = self.reader.take("generator.gen_z.bias", shape[:1])
        # The published model reshapes its values to (height, width, channel): the canonical order is (channel, height,
        # width). (side * side * C, inputs) -> (side, side, C, inputs) -> (C * side * side, inputs)
        weight = weight.unflatten(0, (side, side, -1)).permute(2, 0, 1, 3).flatten(0, 2)
        return Layer(weight, bias.unflatten(0, (side, side, -1)).permute(2, 0, 1).flatten())

    def norm_name(self, block: int, index: int) -> str:
        """The name of the norm before convolution `index` of a block."""
        return f"generator.layers.{self.layers.residual[block]}.bn_{index}"

    def norm(self, block: int, index: int) -> Norm:
        name, shape = self.norm_name(block, index), norm_shape(self.plan, block, index)
        mean, variance = self.statistics(name, shape[0])
        gain, bias = (self.conditional(f"{name}.{part}", shape) for part in ("scale", "offset"))
        return Norm(gain, bias, mean, variance)

    def convolution(self, block: int, index: int) -> Layer:
        plan = self.plan.blocks[block].convolutions[index]
        name = f"generator.layers.{self.layers.residual[block]}.conv_{index}"
        return Layer(self.weight(name, plan.weight_shape), self.reader.take(f"{name}.bias", (plan.channels_out,)))

    def shortcut(self, block: int) -> Layer:
        raise AssertionError(f"block {block} has no projection")  # nor does any plan of this format say so

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        first, blocks = block < 0, self.plan.blocks
        name = f"generator.layers.{0 if first else self.layers.residual[block] + 1}"
        narrow, half, back = attention_shapes(blocks[0].channels_in if first else blocks[block].channels_out)
        gamma = self.reader.take(f"{name}.gamma", (1,))
        query, key = (self.weight(f"{name}.snconv1x1_{part}", narrow) for part in ("theta", "phi"))
        value, out = self.weight(f"{name}.snconv1x1_g", half), self.weight(f"{name}.snconv1x1_o_conv", back)
        return query, key, value, gamma * out

    def output_norm(self) -> Norm:
        channels = self.plan.blocks[-1].channels_out
        gain, bias = (self.reader.take(f"generator.bn.{part}", (channels,)) for part in ("weight", "bias"))
        return Norm(gain, bias, *self.statistics("generator.bn", channels))

    def to_rgb(self) -> Layer:
        """The first three of the channels that the layer makes."""
        channels = self.plan.blocks[-1].channels_out
        weight = self.weight("generator.conv_to_rgb", (channels, channels, 3, 3))
        return Layer(weight[:3], self.reader.take("generator.conv_to_rgb.bias", (channels,))[:3])

    def finish(self) -> None:
        """Warn of what these generators do not have."""
        self.reader.finish()


def at_truncation(stored: Tensor, truncation: float) -> Tensor:
    """The statistics of a norm for a truncation.

    Between two slots the published code weighs the LOWER one by the fractional part; that is reproduced here. Where
    rounding leads past the last slot (truncation 1 of 50 slots), the published code fails; here the last one serves.

    Args:
        stored: (slots, channels), two or more for evenly spaced truncations from 0 to 1.
        truncation: in (0, 1].

    Returns:
        (channels,).
    """
    share, slot = math.modf(truncation / (1.0 / (len(stored) - 1)))
    row = int(slot)
    above = min(row + 1, len(stored) - 1)
    return stored[row] if share == 0 else stored[row] * share + stored[above] * (1 - share)


FORMAT = Format(
    "huggingface",
    "huggingface/pytorch-pretrained-BigGAN",
    recognises,
    read,
    TABLE,
    folder=Folder(WEIGHTS, CONFIG, n_classes="num_classes", also=ALSO, width="z_dim"),
    offsets=FlagColumns(TABLE, entered, FLAG, latents_first=True),
)
