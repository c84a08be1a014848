"""huggingface/pytorch-pretrained-BigGAN: BigGAN-deep, converted from the published TensorFlow models.

The norms store statistics for evenly spaced truncations; config.json beside the weights says which blocks upsample
and where attention stands. Without it both are read from the shapes.
"""

import math
import re
from collections.abc import Mapping, Sequence

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.assemble import Identity, Layer, Norm, assemble
from ganmend.formats.fingerprint import fingerprint
from ganmend.formats.layout import BIGGAN_DEEP, check_chain, deep_block, side_of, upsampling_blocks
from ganmend.formats.tensors import ReadOptions, TensorReader, shape_of
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.model import BigGAN
from ganmend.models.biggan.rewrites import norm_by_stored_vectors

NAME = "huggingface/pytorch-pretrained-BigGAN"
TABLE, TRANSPOSED = "embeddings.weight", True
OTHER_LENGTH = (
    "pytorch-pretrained-BigGAN loads it with num_classes {n} in the config.json beside it, and then takes labels of "
    "{n} numbers"
)
WEIGHTS, CONFIG = "pytorch_model.bin", "config.json"  # the two files of a checkpoint
EPS = 1e-4
SIDE = 4  # of the first feature map; its layout is channels-last


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return TABLE in tensors and "generator.gen_z.bias" in tensors


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The canonical generator for one truncation (None is 1), in float32; empties `tensors` on its way.

    Raises:
        CheckpointError: tensors missing, unknown, or of shapes that do not fit together or with config.json.
    """
    truncation = 1.0 if options.truncation is None else options.truncation
    source = _Source(tensors, options.config, truncation)
    identity = Identity(source.reader.take(TABLE).T, options.class_names, fingerprint(tensors, TABLE))
    _check_config(options.config, source.plan, len(identity.table))
    stored = options.config.get("eps", EPS)
    if not isinstance(stored, float) or not 0 < stored < math.inf:
        raise CheckpointError(f"config.json gives eps {stored!r:.80}; expected a number above 0")
    bn_eps = stored if options.bn_eps is None else options.bn_eps
    generator = assemble(source.plan, source, identity, bn_eps, bn_eps, source.finish)
    generator.truncation = truncation
    return generator


class _Source:
    """The parts of one checkpoint by their names; infers the architecture."""

    def __init__(self, tensors: dict[str, Tensor], config: Mapping[str, object], truncation: float) -> None:
        self.reader, self.truncation = TensorReader(tensors), truncation
        numbers = {int(match[1]) for name in tensors if (match := re.match(r"generator\.layers\.(\d{1,4})\.", name))}
        if numbers != set(range(len(numbers))):
            raise CheckpointError(
                f"the checkpoint's layers are numbered {sorted(numbers)}, expected 0 to {len(numbers) - 1}"
            )
        is_attention = {number: f"generator.layers.{number}.gamma" in tensors for number in numbers}
        self.numbers = [number for number in sorted(numbers) if not is_attention[number]]
        self.attended = [is_attention.get(number + 1, False) for number in self.numbers]
        self.first_attention = is_attention.get(0, False)
        if not self.numbers:
            raise CheckpointError("the checkpoint has no residual block: it is incomplete or altered")
        self.plan = self.infer(tensors, config)

    def infer(self, tensors: Mapping[str, Tensor], config: Mapping[str, object]) -> Architecture:
        """Widths and attention from shapes; which blocks upsample from config.json where there is one."""
        dim_embedding = shape_of(tensors, TABLE, 2)[0]
        first_out, condition = shape_of(tensors, "generator.gen_z.weight_orig", 2)
        channels, hidden = [], []
        for number in self.numbers:
            name = f"generator.layers.{number}"
            middle, into, *_ = shape_of(tensors, f"{name}.conv_0.weight_orig", 4)
            channels.append((into, shape_of(tensors, f"{name}.conv_3.weight_orig", 4)[0]))
            hidden.append(middle)
        dim_z = condition - dim_embedding
        if dim_z <= 0:
            raise CheckpointError(f"'gen_z' takes {condition} inputs; expected the latent and {dim_embedding} more")
        ups = _upsampling(config, channels) or upsampling_blocks(channels)
        blocks = tuple(
            deep_block(into, hidden[k], out, ups[k], False, (0, dim_z), self.attended[k])
            for k, (into, out) in enumerate(channels)
        )
        check_chain(blocks)
        side = side_of(first_out, channels[0][0], "gen_z")
        if side != SIDE:
            raise CheckpointError(f"'gen_z' gives features of {side} x {side}; expected {SIDE} x {SIDE}")
        return Architecture(
            family=BIGGAN_DEEP,
            resolution=side * 2 ** sum(ups),
            dim_z=dim_z,
            dim_embedding=dim_embedding,
            first_size=side,
            first_z_slice=(0, dim_z),
            first_sees_embedding=True,
            blocks=blocks,
            first_attention=self.first_attention,
        )

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        weight = self.reader.take(f"{name}.weight_orig", shape)
        u = self.reader.take(f"{name}.weight_u", shape[:1])
        return weight.div_(
            norm_by_stored_vectors(weight, u, self.reader.take(f"{name}.weight_v", (weight[0].numel(),)))
        )

    def conditional(self, name: str, rows: int) -> Tensor:
        """A matrix on the condition, its columns brought from [latent, embedding] to [embedding, latent]."""
        dim_z = self.plan.dim_z
        return self.weight(name, (rows, dim_z + self.plan.dim_embedding)).roll(-dim_z, 1)

    def statistics(self, name: str, channels: int) -> tuple[Tensor, Tensor]:
        """Mean and variance at this truncation."""
        means, variances = (self.reader.take(f"{name}.running_{part}") for part in ("means", "vars"))
        for stored in (means, variances):
            if stored.dim() != 2 or len(stored) < 2 or stored.shape[1] != channels:
                raise CheckpointError(
                    f"{name!r} stores statistics {tuple(stored.shape)}; expected (2 or more, {channels})"
                )
        return at_truncation(means, self.truncation), at_truncation(variances, self.truncation)

    def first(self) -> Layer:
        plan = self.plan
        channels, side = plan.blocks[0].channels_in, plan.first_size
        weight = self.conditional("generator.gen_z", channels * side**2)
        bias = self.reader.take("generator.gen_z.bias", (channels * side**2,))
        # The rows are (height, width, channel); the canonical order is (channel, height, width).
        order = (2, 0, 1)
        return Layer(
            weight.unflatten(0, (side, side, channels)).permute(*order, 3).flatten(0, 2),
            bias.unflatten(0, (side, side, channels)).permute(*order).flatten(),
        )

    def norm(self, block: int, index: int) -> Norm:
        name = f"generator.layers.{self.numbers[block]}.bn_{index}"
        channels = self.plan.blocks[block].convolutions[index].channels_in
        mean, variance = self.statistics(name, channels)
        gain, bias = (self.conditional(f"{name}.{part}", channels) for part in ("scale", "offset"))
        return Norm(gain, bias, mean, variance)

    def convolution(self, block: int, index: int) -> Layer:
        plan = self.plan.blocks[block].convolutions[index]
        name = f"generator.layers.{self.numbers[block]}.conv_{index}"
        return Layer(self.weight(name, plan.weight_shape), self.reader.take(f"{name}.bias", (plan.channels_out,)))

    def shortcut(self, block: int) -> Layer:
        """No block projects here.

        Raises:
            CheckpointError: always.
        """
        raise CheckpointError(f"block {block} has no projection")

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        first, blocks = block < 0, self.plan.blocks
        name = f"generator.layers.{0 if first else self.numbers[block] + 1}"
        channels = blocks[0].channels_in if first else blocks[block].channels_out
        gamma = self.reader.take(f"{name}.gamma", (1,))
        eighth = (channels // 8, channels, 1, 1)
        query, key = (self.weight(f"{name}.snconv1x1_{part}", eighth) for part in ("theta", "phi"))
        value = self.weight(f"{name}.snconv1x1_g", (channels // 2, channels, 1, 1))
        return query, key, value, gamma * self.weight(f"{name}.snconv1x1_o_conv", (channels, channels // 2, 1, 1))

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
        """Refuse what these generators do not have."""
        self.reader.finish()


def _upsampling(config: Mapping[str, object], channels: Sequence[tuple[int, int]]) -> list[bool]:
    """Which blocks upsample, by config.json's layers (upsamples, in, out); empty where it does not list them."""
    layers = config.get("layers")
    if layers is None:
        return []
    width = channels[-1][1] or 1
    expected = [[into // width, out // width] for into, out in channels]
    if not isinstance(layers, list) or [layer[1:] if isinstance(layer, list) else None for layer in layers] != expected:
        raise CheckpointError(f"config.json lists other layers than the {len(channels)} blocks of the weights")
    if not all(layer[0] in (True, False) for layer in layers):
        raise CheckpointError("config.json lists layers that do not begin with true or false")
    return [bool(layer[0]) for layer in layers]


def _check_config(config: Mapping[str, object], plan: Architecture, n_classes: int) -> None:
    """Refuse the config.json of other weights."""
    attention = [0] * plan.first_attention + [k + 1 for k, block in enumerate(plan.blocks) if block.attention]
    found = {"z_dim": plan.dim_z, "num_classes": n_classes, "channel_width": plan.blocks[-1].channels_out}
    if config.get("attention_layer_position") in range(len(plan.blocks)):  # at another place it stands for none
        found["attention_layer_position"] = attention[0] if attention else -1
    for name, value in found.items():
        if config.get(name, value) != value:
            raise CheckpointError(
                f"config.json gives {name} {config[name]!r:.80}, the weights {value}: it is not theirs"
            )


def at_truncation(stored: Tensor, truncation: float) -> Tensor:
    """One row (channels,) of statistics (slots, channels) for a truncation in (0, 1].

    Between two slots the published code weighs the LOWER one by the fractional part; that is reproduced here. Where
    rounding leads past the last slot (truncation 1 of 50 slots), the published code fails; here the last one serves.
    """
    share, slot = math.modf(truncation / (1.0 / (len(stored) - 1)))
    row = int(slot)
    above = min(row + 1, len(stored) - 1)
    return stored[row] if share == 0 else stored[row] * share + stored[above] * (1 - share)
