"""ajbrock/BigGAN-PyTorch: BigGAN with hierarchical or plain z, and BigGAN-deep; a bare state dict.

The architecture is read from the tensors' shapes. BN_eps and SN_eps are not in the file: the published 128 and 256 px
checkpoints use 1e-4 for both, the CIFAR scripts 1e-5 and 1e-8.
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
from ganmend.models.biggan.rewrites import norm_by_power_iteration

NAME = "ajbrock/BigGAN-PyTorch"
TABLE, TRANSPOSED = "shared.weight", False
OTHER_LENGTH = (
    "BigGAN-PyTorch loads it into a Generator of n_classes={n}, which its sample.py takes from utils.nclass_dict by "
    "--dataset; its training cannot go on from it: the discriminator's and optimisers' files are of the old length"
)
OUTPUT_NORM_EPS = 1e-5  # the output norm ignores BN_eps


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return TABLE in tensors and "blocks.0.0.conv1.weight" in tensors


def default_eps(resolution: int) -> tuple[float, float]:
    """BN_eps and SN_eps of the published checkpoints of that resolution."""
    return (1e-4, 1e-4) if resolution >= 128 else (1e-5, 1e-8)


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The canonical generator, folded in float64 and stored in float32; empties `tensors` on its way.

    Raises:
        CheckpointError: tensors missing, unknown, or of shapes that do not fit together.
    """
    for name in list(tensors):
        tensors[_plain_norm_name(name)] = tensors.pop(name)
    plan = infer_architecture(tensors)
    known_bn, known_sn = default_eps(plan.resolution)
    source = _Source(tensors, plan, known_sn if options.sn_eps is None else options.sn_eps)
    identity = Identity(source.reader.take(TABLE), options.class_names, fingerprint(tensors, TABLE))
    bn_eps = known_bn if options.bn_eps is None else options.bn_eps
    return assemble(plan, source, identity, bn_eps, OUTPUT_NORM_EPS, source.finish)


def _plain_norm_name(name: str) -> str:
    """Names of the cross-replica and `mybn` variants of the norms, as those of the plain one."""
    return name.replace(".bn.running_", ".stored_").replace(".bn.stored_", ".stored_")


def infer_architecture(tensors: Mapping[str, Tensor]) -> Architecture:
    """Resolution, widths, depth, chunking and attention, from shapes alone."""
    dim_embedding = shape_of(tensors, TABLE, 2)[1]
    indices = {int(match[1]) for name in tensors if (match := re.match(r"blocks\.(\d{1,4})\.0\.", name))}
    n_blocks = len(indices)
    if indices != set(range(n_blocks)):
        raise CheckpointError(f"the checkpoint's blocks are numbered {sorted(indices)}, expected 0 to {n_blocks - 1}")
    first_out, first_in = shape_of(tensors, "linear.weight", 2)
    condition = shape_of(tensors, "blocks.0.0.bn1.gain.weight", 2)[1]
    deep = "blocks.0.0.conv3.weight" in tensors
    attention = [f"blocks.{index}.1.theta.weight" in tensors for index in range(n_blocks)]
    if deep:
        if condition != first_in or condition <= dim_embedding:
            raise CheckpointError(
                f"the norms take {condition} inputs and 'linear' {first_in}; expected both to take "
                f"{dim_embedding} (the embedding) and the latent"
            )
        dim_z, chunk, slices = condition - dim_embedding, condition - dim_embedding, [(0, condition - dim_embedding)]
        slices *= n_blocks
    else:
        chunk = first_in
        if condition not in (dim_embedding, dim_embedding + chunk):
            raise CheckpointError(
                f"the norms take {condition} inputs; expected {dim_embedding} (the embedding) "
                f"or {dim_embedding + chunk} (embedding and latent chunk)"
            )
        hierarchical = condition > dim_embedding
        dim_z = chunk * (n_blocks + 1) if hierarchical else chunk
        slices = [((k + 1) * chunk, (k + 2) * chunk) if hierarchical else (0, 0) for k in range(n_blocks)]
    last = "conv4" if deep else "conv1"
    channels = [
        (shape_of(tensors, f"blocks.{k}.0.conv1.weight", 4)[1], shape_of(tensors, f"blocks.{k}.0.{last}.weight", 4)[0])
        for k in range(n_blocks)
    ]
    if deep:
        ups = upsampling_blocks(channels)
        hidden = [shape_of(tensors, f"blocks.{k}.0.conv1.weight", 4)[0] for k in range(n_blocks)]
        blocks = tuple(
            deep_block(into, hidden[k], out, ups[k], False, slices[k], attention[k])
            for k, (into, out) in enumerate(channels)
        )
    else:
        blocks = tuple(biggan_block(into, out, slices[k], attention[k]) for k, (into, out) in enumerate(channels))
    check_chain(blocks)
    side = side_of(first_out, channels[0][0], "linear.weight")
    return Architecture(
        family=BIGGAN_DEEP if deep else BIGGAN,
        resolution=side * 2 ** sum(block.upsamples for block in blocks),
        dim_z=dim_z,
        dim_embedding=dim_embedding,
        first_size=side,
        first_z_slice=(0, chunk),
        first_sees_embedding=deep,
        blocks=blocks,
    )


class _Source:
    """The parts of one checkpoint by their names."""

    def __init__(self, tensors: dict[str, Tensor], plan: Architecture, sn_eps: float) -> None:
        self.reader, self.plan, self.sn_eps = TensorReader(tensors), plan, sn_eps
        self.spectral = any(name.endswith(".u0") for name in tensors)
        self.rgb = "output_layer.2" if "output_layer.2.weight" in tensors else "output_layer.1"

    def weight(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A weight, spectrally normalised where the checkpoint was trained so: then every layer stores a vector."""
        weight = self.reader.take(f"{name}.weight", shape)
        if not self.spectral:
            return weight
        return weight.div_(norm_by_power_iteration(weight, self.reader.take(f"{name}.u0", (1, shape[0])), self.sn_eps))

    def layer(self, name: str, shape: tuple[int, ...]) -> Layer:
        return Layer(self.weight(name, shape), self.reader.take(f"{name}.bias", shape[:1]))

    def first(self) -> Layer:
        plan = self.plan
        width = plan.blocks[0].convolutions[0].channels_in * plan.first_size**2
        seen = plan.first_z_slice[1] + (plan.dim_embedding if plan.first_sees_embedding else 0)
        return self.layer("linear", (width, seen))

    def norm(self, block: int, index: int) -> Norm:
        name, plan = f"blocks.{block}.0.bn{index + 1}", self.plan.blocks[block]
        channels = plan.convolutions[index].channels_in
        shape = (channels, self.plan.dim_embedding + plan.z_slice[1] - plan.z_slice[0])
        return Norm(
            self.weight(f"{name}.gain", shape),
            self.weight(f"{name}.bias", shape),
            self.reader.take(f"{name}.stored_mean", (channels,)),
            self.reader.take(f"{name}.stored_var", (channels,)),
        )

    def convolution(self, block: int, index: int) -> Layer:
        plan = self.plan.blocks[block].convolutions[index]
        return self.layer(f"blocks.{block}.0.conv{index + 1}", plan.weight_shape)

    def shortcut(self, block: int) -> Layer:
        plan = self.plan.blocks[block]
        return self.layer(f"blocks.{block}.0.conv_sc", (plan.channels_out, plan.channels_in, 1, 1))

    def attention(self, block: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        name, channels = f"blocks.{block}.1", self.plan.blocks[block].channels_out
        gamma = self.reader.take(f"{name}.gamma", ())
        query, key = (self.weight(f"{name}.{part}", (channels // 8, channels, 1, 1)) for part in ("theta", "phi"))
        value = self.weight(f"{name}.g", (channels // 2, channels, 1, 1))
        return query, key, value, gamma * self.weight(f"{name}.o", (channels, channels // 2, 1, 1))

    def output_norm(self) -> Norm:
        parts = ("gain", "bias", "stored_mean", "stored_var")
        shape = (self.plan.blocks[-1].channels_out,)
        return Norm(*(self.reader.take(f"output_layer.0.{part}", shape) for part in parts))

    def to_rgb(self) -> Layer:
        return self.layer(self.rgb, (3, self.plan.blocks[-1].channels_out, 3, 3))

    def finish(self) -> None:
        """Refuse what a BigGAN does not have."""
        self.reader.ignore(".sv0", ".u0", ".num_batches_tracked", ".accumulation_counter")
        self.reader.finish()
