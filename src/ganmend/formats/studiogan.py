"""PyTorch-StudioGAN: big_resnet, big_resnet_deep_legacy and big_resnet_deep_studiogan, with or without spectral norm.

The block list counts attention layers as blocks of their own; big_resnet_deep_studiogan projects its shortcuts where
big_resnet_deep_legacy drops channels. Both norms and the output norm use eps 1e-4.
"""

from collections.abc import Mapping

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.assemble import Identity, Layer, Norm, assemble
from ganmend.formats.fingerprint import fingerprint
from ganmend.formats.layout import (
    attention_shapes,
    biggan_blocks,
    deep_blocks,
    first_shape,
    norm_shape,
    plan_of,
    shortcut_shape,
)
from ganmend.formats.numbering import numbered, numbering
from ganmend.formats.protocol import ClassTable, Format, ReadOptions
from ganmend.formats.tensors import TensorReader, shape_of, stored_spectral_norm
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.model import BigGAN

TABLE = ClassTable(
    "shared.weight",
    "PyTorch-StudioGAN loads it into a Generator of num_classes={n}; its main.py also loads the discriminator, whose "
    "file is of the old length, as is the optimiser state: its training cannot go on from it",
)
EPS = 1e-4


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return TABLE.tensor in tensors and "linear0.bias" in tensors


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The canonical generator, folded in float64 and stored in float32.

    Args:
        tensors: by name; emptied on the way.
        options: names and eps that the tensors do not hold.

    Returns:
        The generator.

    Raises:
        CheckpointError: tensors missing, unknown, or of shapes that do not fit together.
    """
    source = _StudioganSource(tensors)
    identity = Identity(source.reader.take(TABLE.tensor), options.class_names, fingerprint(tensors, TABLE.tensor))
    bn_eps = EPS if options.bn_eps is None else options.bn_eps
    return assemble(source.plan, source, identity, bn_eps, bn_eps)


class _StudioganSource:
    """The parts of one checkpoint, by the names that PyTorch-StudioGAN gives them; infers the architecture."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.reader = TensorReader(tensors)
        self.spectral = "linear0.weight_orig" in tensors
        self.suffix = "weight_orig" if self.spectral else "weight"
        blocks = numbered(tensors, r"blocks\.(\d{1,4})\.0\.", "blocks")
        self.blocks = numbering([f"blocks.{number}.0.sigma" in tensors for number in blocks])
        if self.blocks.first_attention:
            raise CheckpointError("the checkpoint's first block is no residual block: it is incomplete or altered")
        self.plan = self.infer(tensors)

    def infer(self, tensors: Mapping[str, Tensor]) -> Architecture:
        """Resolution, widths, depth, chunking and attention, from shapes alone.

        Args:
            tensors: by name.

        Returns:
            The plan.

        Raises:
            CheckpointError: tensors missing, or of shapes that do not fit together.
        """

        def channels(conv: str, side: int) -> list[int]:
            """Channels out (side 0) or in (side 1) of a convolution of each residual block."""
            names = (f"blocks.{number}.0.{conv}.{self.suffix}" for number in self.blocks.residual)
            return [shape_of(tensors, name, 4)[side] for name in names]

        dim_embedding = shape_of(tensors, TABLE.tensor, 2)[1]
        values, first_in = shape_of(tensors, f"linear0.{self.suffix}", 2)
        condition = shape_of(tensors, f"blocks.0.0.bn1.gain.{self.suffix}", 2)[1]
        deep, projects = "blocks.0.0.conv2d4.bias" in tensors, "blocks.0.0.conv2d0.bias" in tensors
        seen = condition - dim_embedding
        if seen <= 0 or first_in != (condition if deep else seen):
            raise CheckpointError(
                f"the norms take {condition} inputs and 'linear0' {first_in}; expected the embedding "
                f"({dim_embedding}) and the latent"
            )
        into, hidden, attended = channels("conv2d1", 1), channels("conv2d1", 0), self.blocks.attended
        if deep:
            dim_z, widths = seen, list(zip(into, hidden, channels("conv2d4", 0), strict=True))
            blocks = deep_blocks(widths, dim_z, attended, projects=projects)
        else:
            slices = [((k + 1) * seen, (k + 2) * seen) for k in range(len(into))]
            dim_z = slices[-1][1]
            blocks = biggan_blocks(list(zip(into, hidden, strict=True)), slices, attended)
        first = "linear0", values
        return plan_of(blocks, first, deep=deep, dim_z=dim_z, dim_embedding=dim_embedding, seen=seen)

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A weight, divided by the sigma of the stored vectors where the checkpoint was trained with spectral norm."""
        weight = self.reader.take(f"{name}.{self.suffix}", shape)
        if not self.spectral:
            return weight
        return weight.div_(stored_spectral_norm(self.reader, name, weight))

    def layer(self, name: str, shape: tuple[int, ...]) -> Layer:
        return Layer(self.weight(name, shape), self.reader.take(f"{name}.bias", shape[:1]))

    def first(self) -> Layer:
        return self.layer("linear0", first_shape(self.plan))

    def norm(self, block: int, index: int) -> Norm:
        name, shape = f"blocks.{self.blocks.residual[block]}.0.bn{index + 1}", norm_shape(self.plan, block, index)
        gain, bias = (self.weight(f"{name}.{part}", shape) for part in ("gain", "bias"))
        return Norm(gain, bias, *(self.reader.take(f"{name}.bn.running_{part}", shape[:1]) for part in ("mean", "var")))

    def convolution(self, block: int, index: int) -> Layer:
        plan = self.plan.blocks[block].convolutions[index]
        return self.layer(f"blocks.{self.blocks.residual[block]}.0.conv2d{index + 1}", plan.weight_shape)

    def shortcut(self, block: int) -> Layer:
        return self.layer(f"blocks.{self.blocks.residual[block]}.0.conv2d0", shortcut_shape(self.plan.blocks[block]))

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        name = f"blocks.{self.blocks.residual[block] + 1}.0"
        narrow, half, back = attention_shapes(self.plan.blocks[block].channels_out)
        sigma = self.reader.take(f"{name}.sigma", (1,))
        query, key = (self.weight(f"{name}.conv1x1_{part}", narrow) for part in ("theta", "phi"))
        return query, key, self.weight(f"{name}.conv1x1_g", half), sigma * self.weight(f"{name}.conv1x1_attn", back)

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


FORMAT = Format("studiogan", "PyTorch-StudioGAN", recognises, read, TABLE)
