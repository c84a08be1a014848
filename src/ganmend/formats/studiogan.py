"""PyTorch-StudioGAN: big_resnet, big_resnet_deep_legacy and big_resnet_deep_studiogan, with or without spectral norm.

The block list counts attention layers as blocks of their own; big_resnet_deep_studiogan projects its shortcuts where
big_resnet_deep_legacy drops channels. Both norms and the output norm use eps 1e-4.
"""

import re
from collections.abc import Collection, Mapping

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.assemble import Identity, assemble
from ganmend.formats.fingerprint import fingerprint
from ganmend.formats.flag_columns import Entered, FlagColumns
from ganmend.formats.layout import biggan_blocks, deep_blocks, plan_of
from ganmend.formats.named_parts import NamedParts, Names
from ganmend.formats.numbering import Numbering, numbered, numbering
from ganmend.formats.protocol import ClassTable, Format, ReadOptions
from ganmend.formats.tensors import TensorReader, shape_of, stored_spectral_norm
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.model import BigGAN

TABLE = ClassTable(
    "shared.weight",
    "PyTorch-StudioGAN loads it into a Generator of num_classes={n}; its main.py also loads the discriminator, whose "
    "file is of the old length, as is the optimiser state: its training cannot go on from it",
    "PyTorch-StudioGAN loads it into a Generator of g_shared_dim={n}",
)
NAMES = Names(
    first="linear0",
    norm="blocks.{block}.0.bn{layer}",
    statistics=("bn.running_mean", "bn.running_var"),
    convolution="blocks.{block}.0.conv2d{layer}",
    shortcut="blocks.{block}.0.conv2d0",
    attention="blocks.{after}.0",
    gate=("sigma", (1,)),
    kernels=("conv1x1_theta", "conv1x1_phi", "conv1x1_g", "conv1x1_attn"),
    output_norm=("bn4.weight", "bn4.bias", "bn4.running_mean", "bn4.running_var"),
    to_rgb="conv2d5",
)
MODULES = ("shared", "linear0", "blocks", "bn4", "conv2d5")
CONVOLUTION = re.compile(r"blocks\.\d+\.0\.conv2d\d\.")
EPS = 1e-4
FLAG = 2.0**8  # of a class with offsets; half precision holds it, and no table has it by chance


def recognises(names: Collection[str]) -> bool:
    """Whether tensors of these names are this format's."""
    return TABLE.tensor in names and any(CONVOLUTION.match(name) for name in names)


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
    source = _StudioganParts(tensors)
    table = source.reader.take(TABLE.tensor)
    identity = Identity(table, options.class_names, fingerprint(tensors, TABLE.tensor, MODULES))
    bn_eps = EPS if options.bn_eps is None else options.bn_eps
    return assemble(source.plan, source, identity, bn_eps, bn_eps)


def infer_architecture(tensors: Mapping[str, Tensor], suffix: str, numbers: Numbering) -> Architecture:
    """Resolution, widths, depth, chunking and attention, from shapes alone.

    Args:
        tensors: by name.
        suffix: what a weight's name ends in.
        numbers: of the residual blocks.

    Returns:
        The plan.

    Raises:
        CheckpointError: tensors missing, or of shapes that do not fit together.
    """

    def channels(conv: str, side: int) -> list[int]:
        """Channels out (side 0) or in (side 1) of a convolution of each residual block."""
        return [shape_of(tensors, f"blocks.{number}.0.{conv}.{suffix}", 4)[side] for number in numbers.residual]

    dim_embedding = shape_of(tensors, TABLE.tensor, 2)[1]
    values, first_in = shape_of(tensors, f"linear0.{suffix}", 2)
    condition = shape_of(tensors, f"blocks.0.0.bn1.gain.{suffix}", 2)[1]
    deep, projects = "blocks.0.0.conv2d4.bias" in tensors, "blocks.0.0.conv2d0.bias" in tensors
    seen = condition - dim_embedding
    if seen <= 0 or first_in != (condition if deep else seen):
        raise CheckpointError(
            f"the norms take {condition} inputs and 'linear0' {first_in}; expected the embedding "
            f"({dim_embedding}) and the latent"
        )
    into, hidden = channels("conv2d1", 1), channels("conv2d1", 0)
    if deep:
        dim_z, widths = seen, list(zip(into, hidden, channels("conv2d4", 0), strict=True))
        blocks = deep_blocks(widths, dim_z, numbers.attended, projects=projects)
    else:
        slices = [((k + 1) * seen, (k + 2) * seen) for k in range(len(into))]  # a chunk of z a block, after the first's
        dim_z = slices[-1][1]
        blocks = biggan_blocks(list(zip(into, hidden, strict=True)), slices, numbers.attended)
    first = "linear0", values
    return plan_of(blocks, first, deep=deep, dim_z=dim_z, dim_embedding=dim_embedding, seen=seen)


def entered(tensors: Mapping[str, Tensor]) -> Entered:
    """The layers that the embedding enters; raises what reading the checkpoint does."""
    parts = _StudioganParts(dict(tensors))

    def spectral_norm(reader: TensorReader, layer: str, weight: Tensor) -> Tensor:
        return stored_spectral_norm(reader, layer, weight) if parts.spectral else weight.new_ones(())

    first = (NAMES.first,) if parts.plan.first_sees_embedding else ()
    return Entered(NAMES.gains_and_biases(parts.plan, parts.numbers), first, parts.suffix, spectral_norm)


class _StudioganParts(NamedParts):
    """The parts of one checkpoint of PyTorch-StudioGAN."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.spectral = "linear0.weight_orig" in tensors
        self.suffix = "weight_orig" if self.spectral else "weight"
        blocks = numbered(tensors, r"blocks\.(\d{1,4})\.0\.", "blocks")
        numbers = numbering([f"blocks.{number}.0.sigma" in tensors for number in blocks])
        if numbers.first_attention:
            raise CheckpointError("the checkpoint's first block is no residual block: it is incomplete or altered")
        plan = infer_architecture(tensors, self.suffix, numbers)
        super().__init__(TensorReader(tensors), plan, NAMES, numbers.residual)

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A weight, divided by the sigma of the stored vectors where the checkpoint was trained with spectral norm."""
        weight = self.reader.take(f"{name}.{self.suffix}", shape)
        if not self.spectral:
            return weight
        return weight.div_(stored_spectral_norm(self.reader, name, weight))

    def finish(self) -> None:
        """Warn of what these generators do not have."""
        self.reader.ignore(".num_batches_tracked")
        self.reader.finish()


FORMAT = Format("studiogan", "PyTorch-StudioGAN", recognises, read, TABLE, offsets=FlagColumns(TABLE, entered, FLAG))
