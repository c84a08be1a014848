"""ganmend's own format: the folded generator as it runs, in one safetensors file that loads by mapping into memory.

Kernels are stored (out, height, width, in), which is the channels-last layout: nothing is copied on loading. A compact
file, as the bundled one, has the smaller 3x3 weights of upsampling convolutions instead of their 4x4 kernels. The
metadata holds the architecture, class names, the fingerprint of the original and where it came from, as JSON.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, OptionError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.paths import as_path
from ganmend.files.writing import whole_file
from ganmend.formats.layout import BIGGAN, BIGGAN_DEEP, attention_shapes, first_shape
from ganmend.formats.plan_check import check_plan
from ganmend.formats.protocol import CLASS_NAMES, ClassTable, Format, ReadOptions
from ganmend.formats.tensors import TensorReader
from ganmend.models.biggan.architecture import Architecture, Block, Convolution
from ganmend.models.biggan.model import Attention, BigGAN, ConditionalAffine, FrozenConvolution, ResidualBlock
from ganmend.models.biggan.rewrites import upsample_then_convolve_kernel, weight_of_upsampling_kernel
from ganmend.models.protocol import Generator

NAME = "ganmend"  # of the format, and of the entry of the metadata that holds what no tensor does
TABLE = ClassTable("class_embeddings", "nothing else reads this format")
VERSION = "ganmend-generator-1"
UPSAMPLING = 4  # the size of an upsampling convolution's kernel, and of no other


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return any(".affines.0." in name for name in tensors)


def write_generator(generator: Generator, path: str | Path, source: str, *, compact: bool = False) -> None:
    """Write a generator.

    Args:
        generator: as loaded, not prepared.
        path: a .safetensors file.
        source: where it came from, for the metadata.
        compact: store upsampling kernels as the 3x3 weights that they came from: a smaller file, which is not mapped as
            it is but folded on loading.

    Raises:
        OptionError: the generator is of a family that this format does not hold, or `path` is no path.
        OutputError: the place cannot be written.
    """
    if not isinstance(generator, BigGAN):
        raise OptionError(f"a {type(generator).__name__} came; ganmend's own format holds BigGANs")
    tensors = {
        name: _stored(name, tensor.cpu(), compact).contiguous().clone()
        for name, tensor in generator.state_dict().items()
    }
    facts = {
        "format": VERSION,
        "architecture": asdict(generator.architecture),
        CLASS_NAMES: list(generator.class_names),
        "fingerprint": generator.fingerprint,
        "truncation": generator.truncation,
        "source": source,
    }
    with whole_file(as_path(path)) as partial:
        save_file(tensors, partial, {NAME: json.dumps(facts)})


def _stored(name: str, tensor: Tensor, compact: bool) -> Tensor:
    """A tensor of the generator as the file has it."""
    if not name.endswith("kernel"):
        return tensor
    if compact and tensor.shape[-1] == UPSAMPLING:
        tensor = weight_of_upsampling_kernel(tensor.double()).float()
    return tensor.permute(0, 2, 3, 1)  # (out, in, height, width) -> (out, height, width, in); in and out may be turned


def renamed(metadata: Mapping[str, str], class_names: Sequence[str]) -> dict[str, str]:
    """The metadata of a file with other class names.

    Args:
        metadata: of a file that `write_generator` wrote.
        class_names: one a class.

    Returns:
        All entries, the names in ganmend's own.

    Raises:
        CheckpointError: it has no entry of ganmend's.
        UnreadableError: that entry is no JSON.
    """
    facts = parse_json(metadata.get(NAME, "null"))
    if not isinstance(facts, dict):
        raise CheckpointError("its metadata is not ganmend's; convert the original again")
    return dict(metadata) | {NAME: json.dumps(facts | {CLASS_NAMES: list(class_names)})}


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The generator of the file.

    Args:
        tensors: by name, perhaps mapped into memory: what needs no change stays so. Emptied on the way.
        options: names, and the metadata; a truncation must be the one that was folded in.

    Returns:
        The generator, as it was written.

    Raises:
        CheckpointError: metadata or tensors missing, unknown, or of shapes that do not fit together.
        OptionError: an eps or another truncation is given: they are folded in.
    """
    if options.bn_eps is not None or options.sn_eps is not None:
        raise OptionError("bn_eps and sn_eps are folded into this file; give them when you convert the original")
    try:
        facts = parse_json(options.metadata.get(NAME, "{}"))
        plan = _architecture(facts["architecture"])  # type: ignore[index]
        names, fingerprint, truncation = _identity(facts)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError, AttributeError, UnreadableError) as error:
        raise CheckpointError(f"its metadata is not ganmend's ({error!r:.200}); convert the original again") from error
    check_plan(plan)
    if options.truncation is not None and truncation is not None and options.truncation != truncation:
        raise OptionError(
            f"the statistics of truncation {truncation} are folded into this file; convert the original again for "
            f"{options.truncation}"
        )
    generator = _Builder(tensors, plan).build(options.class_names or names, fingerprint)
    generator.truncation = truncation
    return generator


def _identity(facts: dict[str, Any]) -> tuple[tuple[str, ...], str, float | None]:
    """Class names, fingerprint and truncation of the metadata.

    Args:
        facts: what anyone may have written there.

    Returns:
        The three, checked but for the names' number and text.

    Raises:
        TypeError: one is of another type.
        ValueError: one is what no generator has.
    """
    names, fingerprint, truncation = facts[CLASS_NAMES], facts["fingerprint"], facts["truncation"]
    if not isinstance(names, list) or not isinstance(fingerprint, str):
        raise TypeError("class names that are no list, or a fingerprint that is no text")
    if not re.fullmatch("[0-9a-f]{16}", fingerprint):  # it becomes part of a file's name
        raise ValueError("a fingerprint that is not 16 hexadecimal digits")
    if truncation is not None and (type(truncation) not in (int, float) or not 0 < truncation <= 1):
        raise ValueError("a truncation outside 0 to 1")
    return tuple(names), fingerprint, truncation


def _architecture(facts: dict[str, Any]) -> Architecture:
    """The architecture of the metadata.

    Args:
        facts: what anyone may have written there.

    Returns:
        The plan, of which types and signs were checked, not yet whether it can be run.

    Raises:
        KeyError: an entry is missing.
        TypeError: one is of another type, or unknown.
        ValueError: one is what no generator has.
    """
    blocks = tuple(
        Block(
            tuple(Convolution(**convolution) for convolution in block["convolutions"]),
            block["projects"],
            tuple(block["z_slice"]),
            block["attention"],
        )
        for block in facts["blocks"]
    )
    plan = Architecture(**facts | {"blocks": blocks, "first_z_slice": tuple(facts["first_z_slice"])})
    # JSON may hold true for 1, 1.0 for 1, or numbers below 0.
    sizes: list[Any] = [plan.resolution, plan.dim_z, plan.dim_embedding, plan.first_size]
    ends: list[Any] = [*plan.first_z_slice]
    flags: list[Any] = [plan.first_sees_embedding, plan.first_attention]
    for block in blocks:
        sizes += [n for convolution in block.convolutions for n in convolution.weight_shape]
        ends += block.z_slice
        flags += [block.projects, block.attention, *(convolution.upsample for convolution in block.convolutions)]
        if len(block.z_slice) != 2 or not block.convolutions:
            raise ValueError("a block without convolutions or latent part")
    if not blocks or len(plan.first_z_slice) != 2 or not all(type(flag) is bool for flag in flags):
        raise ValueError("no blocks, or flags that are neither true nor false")
    if not all(type(n) is int for n in sizes + ends) or min(sizes) < 1 or plan.family not in (BIGGAN, BIGGAN_DEEP):
        raise ValueError("sizes that no generator has")
    return plan


class _Builder:
    """Builds the generator of a plan from the folded tensors, each checked against the plan."""

    def __init__(self, tensors: dict[str, Tensor], plan: Architecture) -> None:
        self.reader, self.plan = TensorReader(tensors, folded=True), plan

    def convolution(self, name: str, into: int, out: int, kernel: int, transposed: bool = False) -> FrozenConvolution:
        """A convolution; an upsampling one may be stored compactly, as its 3x3 weight."""
        weight_shape, stem = (out, kernel, kernel, into), f"{name}.kernel"
        compact = stem in self.reader and self.reader.shape(stem, 4) == weight_shape
        shape = (into, UPSAMPLING, UPSAMPLING, out) if transposed and not compact else weight_shape
        weight = self.reader.take(stem, shape).permute(0, 3, 1, 2)  # (., height, width, .) -> (., ., height, width)
        if transposed and compact:
            weight = upsample_then_convolve_kernel(weight)
        bias = self.reader.take(f"{name}.bias", (out,)) if f"{name}.bias" in self.reader else None
        return FrozenConvolution(weight, bias, transposed)

    def affine(self, name: str, block: Block, channels: int) -> ConditionalAffine:
        """Scale and offset of one norm; a block may see no part of the latent."""
        rows, width = 2 * channels, block.latent_width
        return ConditionalAffine(
            self.reader.take(f"{name}.by_embedding", (rows, self.plan.dim_embedding)),
            self.reader.take(f"{name}.by_latent", (rows, width), may_be_empty=width == 0),
            self.reader.take(f"{name}.constant", (rows,)),
        )

    def block(self, name: str, block: Block) -> ResidualBlock:
        plans, into, out = block.convolutions, block.channels_in, block.channels_out
        affines = [self.affine(f"{name}.affines.{k}", block, plan.channels_in) for k, plan in enumerate(plans)]
        convolutions = [
            self.convolution(f"{name}.convolutions.{k}", of.channels_in, of.channels_out, of.kernel, of.upsample)
            for k, of in enumerate(plans)
        ]
        shortcut = self.convolution(f"{name}.shortcut", into, out, 1) if block.projects else None
        attention = self.attention(f"{name}.attention", out) if block.attention else None
        return ResidualBlock(block, affines, convolutions, shortcut, attention)

    def attention(self, name: str, channels: int) -> Attention:
        narrow, half, back = attention_shapes(channels)
        shapes = {"query": narrow, "key": narrow, "value": half, "out": back}
        return Attention(
            *(self.convolution(f"{name}.{part}", into, out, 1).kernel for part, (out, into, *_) in shapes.items())
        )

    def build(self, names: tuple[str, ...], fingerprint: str) -> BigGAN:
        plan, take = self.plan, self.reader.take
        rows = self.reader.shape(TABLE.tensor, 2)[0]
        (values, _), seen = first_shape(plan), plan.first_z_slice[1] - plan.first_z_slice[0]
        channels, last = plan.blocks[0].channels_in, plan.blocks[-1].channels_out
        by_embedding = take("first_by_embedding", (values, plan.dim_embedding)) if plan.first_sees_embedding else None
        generator = BigGAN(
            plan,
            take(TABLE.tensor, (rows, plan.dim_embedding)),
            names,
            fingerprint,
            (take("first_weight", (values, seen)), take("first_bias", (values,)), by_embedding),
            [self.block(f"blocks.{k}", block) for k, block in enumerate(plan.blocks)],
            # (C, 1, 1), as the generator keeps them, -> (C,)
            (take("last_scale", (last, 1, 1)).flatten(), take("last_offset", (last, 1, 1)).flatten()),
            self.convolution("to_rgb", last, 3, 3),
            self.attention("first_attention", channels) if plan.first_attention else None,
        )
        self.reader.finish()
        return generator


FORMAT = Format(NAME, "ganmend", recognises, read, TABLE, renamed=renamed)
