"""ajbrock/BigGAN-PyTorch: BigGAN with hierarchical or plain z, and BigGAN-deep; a bare state dict.

The architecture is read from the tensors' shapes. BN_eps and SN_eps are not in the file: the published 128 and 256 px
checkpoints use 1e-4 for both, the CIFAR scripts 1e-5 and 1e-8.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.assemble import Identity, assemble
from ganmend.formats.fingerprint import fingerprint
from ganmend.formats.flag_columns import Entered, FlagColumns
from ganmend.formats.layout import biggan_blocks, deep_blocks, plan_of
from ganmend.formats.named_parts import NamedParts, Names
from ganmend.formats.numbering import numbered
from ganmend.formats.protocol import ClassTable, Format, ReadOptions
from ganmend.formats.tensors import TensorReader, shape_of
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.model import BigGAN
from ganmend.models.biggan.rewrites import norm_by_power_iteration

TABLE = ClassTable(
    "shared.weight",
    "BigGAN-PyTorch loads it into a Generator of n_classes={n}, which its sample.py takes from utils.nclass_dict by "
    "--dataset; its training cannot go on from it: the discriminator's and optimisers' files are of the old length",
    "BigGAN-PyTorch loads it into a Generator of shared_dim={n}, which its sample.py takes from --shared_dim",
)
NAMES = Names(
    first="linear",
    norm="blocks.{block}.0.bn{layer}",
    statistics=("stored_mean", "stored_var"),
    convolution="blocks.{block}.0.conv{layer}",
    shortcut="blocks.{block}.0.conv_sc",
    attention="blocks.{block}.1",
    gate=("gamma", ()),
    kernels=("theta", "phi", "g", "o"),
    output_norm=(
        "output_layer.0.gain",
        "output_layer.0.bias",
        "output_layer.0.stored_mean",
        "output_layer.0.stored_var",
    ),
    to_rgb="output_layer.2",  # output_layer.1 where a file has no output_layer.2
)
MODULES = ("shared", "linear", "blocks", "output_layer")
CONVOLUTION = re.compile(r"blocks\.\d+\.0\.conv\d\.")
OUTPUT_NORM_EPS = 1e-5  # the output norm ignores BN_eps
FLAG = 2.0**16  # of a class with offsets: so large that no other class changes by one bit, see flag_columns.py


def recognises(names: Collection[str]) -> bool:
    """Whether tensors of these names are this format's."""
    return TABLE.tensor in names and any(CONVOLUTION.match(name) for name in names)


def default_eps(resolution: int) -> tuple[float, float]:
    """BN_eps and SN_eps of the published checkpoints of that resolution."""
    return (1e-4, 1e-4) if resolution >= 128 else (1e-5, 1e-8)


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
    for name in list(tensors):
        tensors[_plain_norm_name(name)] = tensors.pop(name)
    plan = infer_architecture(tensors)
    known_bn, known_sn = default_eps(plan.resolution)
    source = _BrockParts(tensors, plan, known_sn if options.sn_eps is None else options.sn_eps)
    table = source.reader.take(TABLE.tensor)
    identity = Identity(table, options.class_names, fingerprint(tensors, TABLE.tensor, MODULES))
    bn_eps = known_bn if options.bn_eps is None else options.bn_eps
    return assemble(plan, source, identity, bn_eps, OUTPUT_NORM_EPS)


def _plain_norm_name(name: str) -> str:
    """Names of the cross-replica and `mybn` variants of the norms, as those of the plain one."""
    return name.replace(".bn.running_", ".stored_").replace(".bn.stored_", ".stored_")


def infer_architecture(tensors: Mapping[str, Tensor]) -> Architecture:
    """Resolution, widths, depth, chunking and attention, from shapes alone.

    Args:
        tensors: by the names of the plain norm.

    Returns:
        The plan.

    Raises:
        CheckpointError: tensors missing, or of shapes that do not fit together.
    """
    dim_embedding = shape_of(tensors, TABLE.tensor, 2)[1]
    numbers = numbered(tensors, r"blocks\.(\d{1,4})\.0\.", "blocks")
    values, seen = shape_of(tensors, "linear.weight", 2)
    condition = shape_of(tensors, "blocks.0.0.bn1.gain.weight", 2)[1]
    deep = "blocks.0.0.conv3.weight" in tensors
    attended = [f"blocks.{k}.1.theta.weight" in tensors for k in numbers]
    into = [shape_of(tensors, f"blocks.{k}.0.conv1.weight", 4)[1] for k in numbers]
    hidden = [shape_of(tensors, f"blocks.{k}.0.conv1.weight", 4)[0] for k in numbers]
    if deep:
        dim_z = seen = _deep_latent(condition, seen, dim_embedding)
        out = [shape_of(tensors, f"blocks.{k}.0.conv4.weight", 4)[0] for k in numbers]
        blocks = deep_blocks(list(zip(into, hidden, out, strict=True)), dim_z, attended)
    else:
        slices = _latent_slices(condition, seen, dim_embedding, len(numbers))
        dim_z = max(seen, *(end for _, end in slices))
        blocks = biggan_blocks(list(zip(into, hidden, strict=True)), slices, attended)
    first = "linear.weight", values
    return plan_of(blocks, first, deep=deep, dim_z=dim_z, dim_embedding=dim_embedding, seen=seen)


def _deep_latent(condition: int, first_in: int, dim_embedding: int) -> int:
    """Length of a BigGAN-deep's latent, all of which its norms and its linear layer see beside the embedding.

    Args:
        condition: inputs of a norm.
        first_in: inputs of the linear layer.
        dim_embedding: length of an embedding.

    Returns:
        dim_z.

    Raises:
        CheckpointError: the two differ, or leave nothing for a latent.
    """
    if condition != first_in or condition <= dim_embedding:
        raise CheckpointError(
            f"the norms take {condition} inputs and 'linear' {first_in}; expected both to take "
            f"{dim_embedding} (the embedding) and the latent"
        )
    return condition - dim_embedding


def _latent_slices(condition: int, chunk: int, dim_embedding: int, n_blocks: int) -> list[tuple[int, int]]:
    """The part of z that each block of a BigGAN sees: its own chunk where z is hierarchical, else none.

    Args:
        condition: inputs of a norm.
        chunk: inputs of the linear layer, which sees the first chunk.
        dim_embedding: length of an embedding.
        n_blocks: how many blocks there are.

    Returns:
        (start, end) for each block; (0, 0) for none.

    Raises:
        CheckpointError: the norms take neither.
    """
    if condition not in (dim_embedding, dim_embedding + chunk):
        raise CheckpointError(
            f"the norms take {condition} inputs; expected {dim_embedding} (the embedding) "
            f"or {dim_embedding + chunk} (embedding and latent chunk)"
        )
    if condition == dim_embedding:
        return [(0, 0)] * n_blocks
    return [((k + 1) * chunk, (k + 2) * chunk) for k in range(n_blocks)]


def has_spectral_norm(tensors: Collection[str]) -> bool:
    """Whether tensors of these names are of a checkpoint that was trained so: then every layer stores a vector."""
    return any(name.endswith(".u0") for name in tensors)


def iterated_spectral_norm(reader: TensorReader, layer: str, weight: Tensor, eps: float) -> Tensor:
    """The spectral norm (), in float64, of a layer's weight (out, ...) by one power iteration from its stored vector.

    Args:
        reader: of the checkpoint.
        layer: its name.
        weight: its weight, in float64.
        eps: of the iteration.

    Returns:
        What the weight is divided by.

    Raises:
        CheckpointError: the vector is missing, or of another length.
    """
    return norm_by_power_iteration(weight, reader.take(f"{layer}.u0", (1, len(weight))), eps)


def entered(tensors: Mapping[str, Tensor]) -> Entered:
    """The layers that the embedding enters; raises what `infer_architecture` does."""
    plan = infer_architecture(tensors)
    spectral, eps = has_spectral_norm(tensors), default_eps(plan.resolution)[1]

    def spectral_norm(reader: TensorReader, layer: str, weight: Tensor) -> Tensor:
        return iterated_spectral_norm(reader, layer, weight, eps) if spectral else weight.new_ones(())

    first = (NAMES.first,) if plan.first_sees_embedding else ()
    return Entered(NAMES.gains_and_biases(plan, range(len(plan.blocks))), first, "weight", spectral_norm)


class _BrockParts(NamedParts):
    """The parts of one checkpoint of BigGAN-PyTorch."""

    def __init__(self, tensors: dict[str, Tensor], plan: Architecture, sn_eps: float) -> None:
        last = "output_layer.2" if "output_layer.2.weight" in tensors else "output_layer.1"
        super().__init__(TensorReader(tensors), plan, replace(NAMES, to_rgb=last), range(len(plan.blocks)))
        self.spectral, self.sn_eps = has_spectral_norm(tensors), sn_eps

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A weight, spectrally normalised where the checkpoint was trained so."""
        weight = self.reader.take(f"{name}.weight", shape)
        return weight.div_(iterated_spectral_norm(self.reader, name, weight, self.sn_eps)) if self.spectral else weight

    def finish(self) -> None:
        """Warn of what these generators do not have."""
        self.reader.ignore(".sv0", ".u0", ".num_batches_tracked", ".accumulation_counter")
        self.reader.finish()


FORMAT = Format("ajbrock", "ajbrock/BigGAN-PyTorch", recognises, read, TABLE, offsets=FlagColumns(TABLE, entered, FLAG))
