"""The parts of a checkpoint by their names, for projects that differ in little else."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ganmend.formats.assemble import Layer, Norm
from ganmend.formats.layout import attention_shapes, first_shape, norm_shape, shortcut_shape
from ganmend.formats.tensors import TensorReader
from ganmend.models.biggan.architecture import Architecture


@dataclass(frozen=True)
class Names:
    """What a project calls the parts of a generator.

    '{block}' stands for a residual block's number, '{after}' for the next number, '{layer}' for the number of a
    convolution or norm in its block, counted from 1.

    Attributes:
        first: the linear layer.
        norm: a conditional norm, whose matrices are 'gain' and 'bias' and count the embedding's columns first.
        statistics: mean and variance of such a norm.
        convolution: a block's convolution.
        shortcut: a block's projection.
        attention: the attention after a block.
        gate: what attention's output is multiplied by, and its shape.
        kernels: query, key, value and output of attention.
        output_norm: gain, bias, mean and variance of the last norm.
        to_rgb: the last convolution.
    """

    first: str
    norm: str
    statistics: tuple[str, str]
    convolution: str
    shortcut: str
    attention: str
    gate: tuple[str, tuple[int, ...]]
    kernels: tuple[str, str, str, str]
    output_norm: tuple[str, str, str, str]
    to_rgb: str

    def gains_and_biases(self, plan: Architecture, numbers: Sequence[int]) -> tuple[str, ...]:
        """The names of all conditional norms' matrices, each gain before its bias.

        Args:
            plan: of the checkpoint.
            numbers: that the residual blocks have in the names, in order.

        Returns:
            Two a norm, in the order of `Generator.conditional_layers`.
        """
        return tuple(
            f"{self.norm.format(block=number, layer=index + 1)}.{part}"
            for number, block in zip(numbers, plan.blocks, strict=True)
            for index in range(len(block.convolutions))
            for part in ("gain", "bias")
        )


class NamedParts(ABC):
    """Takes the parts by their names; a subclass says how a weight is taken. A `Source`."""

    def __init__(self, reader: TensorReader, plan: Architecture, names: Names, numbers: Sequence[int]) -> None:
        """Nothing is taken yet.

        Args:
            reader: of the checkpoint.
            plan: what it is made of.
            names: of the project.
            numbers: that the residual blocks have in the names, in order.
        """
        self.reader, self.plan, self.names, self.numbers = reader, plan, names, numbers

    @abstractmethod
    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """The weight of a layer, spectral norm divided out."""

    @abstractmethod
    def finish(self) -> None:
        """Warn of what these generators do not have."""

    def layer(self, name: str, shape: tuple[int, ...]) -> Layer:
        """A layer with a bias for each row of its weight."""
        return Layer(self.weight(name, shape), self.reader.take(f"{name}.bias", shape[:1]))

    def named(self, pattern: str, block: int, index: int = 0) -> str:
        """The name of a part of a block; blocks and convolutions are counted from 0 here."""
        number = self.numbers[block]
        return pattern.format(block=number, after=number + 1, layer=index + 1)

    def first(self) -> Layer:
        """The linear layer."""
        return self.layer(self.names.first, first_shape(self.plan))

    def norm(self, block: int, index: int) -> Norm:
        """The norm before convolution `index` of a block."""
        name, shape = self.named(self.names.norm, block, index), norm_shape(self.plan, block, index)
        gain, bias = (self.weight(f"{name}.{part}", shape) for part in ("gain", "bias"))
        return Norm(gain, bias, *(self.reader.take(f"{name}.{part}", shape[:1]) for part in self.names.statistics))

    def convolution(self, block: int, index: int) -> Layer:
        """Convolution `index` of a block."""
        plan = self.plan.blocks[block].convolutions[index]
        return self.layer(self.named(self.names.convolution, block, index), plan.weight_shape)

    def shortcut(self, block: int) -> Layer:
        """The projection of a block."""
        return self.layer(self.named(self.names.shortcut, block), shortcut_shape(self.plan.blocks[block]))

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Query, key, value and output kernels of the attention after a block, the gate folded into the last."""
        name, (gate, gate_shape) = self.named(self.names.attention, block), self.names.gate
        narrow, half, back = attention_shapes(self.plan.blocks[block].channels_out)
        factor = self.reader.take(f"{name}.{gate}", gate_shape)
        shapes = (narrow, narrow, half, back)
        query, key, value, out = (
            self.weight(f"{name}.{part}", shape) for part, shape in zip(self.names.kernels, shapes, strict=True)
        )
        return query, key, value, factor * out

    def output_norm(self) -> Norm:
        """The norm before the last convolution."""
        shape = (self.plan.blocks[-1].channels_out,)
        return Norm(*(self.reader.take(name, shape) for name in self.names.output_norm))

    def to_rgb(self) -> Layer:
        """The last convolution, three channels out."""
        return self.layer(self.names.to_rgb, (3, self.plan.blocks[-1].channels_out, 3, 3))
