"""ganmend's own format: the folded generator as it runs, in one safetensors file that loads by mapping into memory.

Kernels are stored (out, height, width, in), which is the channels-last layout: nothing is copied on loading. A compact
file, as the bundled one, has the smaller 3x3 weights of upsampling convolutions instead of their 4x4 kernels. The
metadata holds the architecture, class names, the fingerprint of the original and where it came from, as JSON.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import CheckpointError, OptionError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.writing import whole_file
from ganmend.formats.layout import BIGGAN, BIGGAN_DEEP, check_plan
from ganmend.formats.tensors import FLOATS, ReadOptions, all_finite
from ganmend.models.biggan.architecture import Architecture, Block, Convolution
from ganmend.models.biggan.model import Attention, BigGAN, ConditionalAffine, FrozenConvolution, ResidualBlock
from ganmend.models.biggan.rewrites import upsample_then_convolve_kernel, weight_of_upsampling_kernel
from ganmend.models.protocol import Generator

NAME = "ganmend"
TABLE, TRANSPOSED = "class_embeddings", False
OTHER_LENGTH = "nothing else reads this format"
FORMAT = "ganmend-generator-1"
UPSAMPLING = 4  # the size of an upsampling convolution's kernel, and of no other


def recognises(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the tensors' names are this format's."""
    return any(".affines.0." in name for name in tensors)


def write_generator(generator: Generator, path: Path, source: str, *, compact: bool = False) -> None:
    """Write a generator.

    Args:
        generator: as loaded, not prepared.
        path: a .safetensors file.
        source: where it came from, for the metadata.
        compact: store upsampling kernels as the 3x3 weights that they came from: a smaller file, which is not mapped as
            it is but folded on loading.

    Raises:
        OptionError: the generator is of a family that this format does not hold.
        OutputError: the place cannot be written.
    """
    if not isinstance(generator, BigGAN):
        raise OptionError(f"a {type(generator).__name__} came; ganmend's own format holds BigGANs")
    tensors = {
        name: _stored(name, tensor.cpu(), compact).contiguous().clone()
        for name, tensor in generator.state_dict().items()
    }
    facts = {
        "format": FORMAT,
        "architecture": asdict(generator.architecture),
        "class_names": list(generator.class_names),
        "fingerprint": generator.fingerprint,
        "truncation": generator.truncation,
        "source": source,
    }
    with whole_file(path) as partial:
        save_file(tensors, partial, {"ganmend": json.dumps(facts)})


def _stored(name: str, tensor: Tensor, compact: bool) -> Tensor:
    if not name.endswith("kernel"):
        return tensor
    if compact and tensor.shape[-1] == UPSAMPLING:
        tensor = weight_of_upsampling_kernel(tensor.double()).float()
    return tensor.permute(0, 2, 3, 1)


def read(tensors: Mapping[str, Tensor], options: ReadOptions) -> BigGAN:
    """The generator of the file.

    Raises:
        CheckpointError: metadata or tensors missing, unknown, or of shapes that do not fit together.
        OptionError: an eps is given, which is folded in.
    """
    if options.bn_eps is not None or options.sn_eps is not None:
        raise OptionError("bn_eps and sn_eps are folded into this file; give them when you convert the original")
    try:
        facts = parse_json(options.metadata.get("ganmend", "{}"))
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
    generator = _Parts(tensors, plan).build(options.class_names or names, fingerprint)
    generator.truncation = truncation
    return generator


def _identity(facts: dict[str, Any]) -> tuple[tuple[str, ...], str, float | None]:
    names, fingerprint, truncation = facts["class_names"], facts["fingerprint"], facts["truncation"]
    if not isinstance(names, list) or not isinstance(fingerprint, str):
        raise TypeError("class names that are no list, or a fingerprint that is no text")
    if not re.fullmatch("[0-9a-f]{16}", fingerprint):  # it becomes part of a file's name
        raise ValueError("a fingerprint that is not 16 hexadecimal digits")
    if truncation is not None and (type(truncation) not in (int, float) or not 0 < truncation <= 1):
        raise ValueError("a truncation outside 0 to 1")
    return tuple(names), fingerprint, truncation


def _architecture(facts: dict[str, object]) -> Architecture:
    blocks = tuple(
        Block(
            tuple(Convolution(**convolution) for convolution in block["convolutions"]),
            block["projects"],
            tuple(block["z_slice"]),
            block["attention"],
        )
        for block in facts["blocks"]  # type: ignore[attr-defined]
    )
    plan = Architecture(**facts | {"blocks": blocks, "first_z_slice": tuple(facts["first_z_slice"])})  # type: ignore[arg-type]
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


class _Parts:
    """Takes the tensors by name, checks each against the plan, and counts what is left."""

    def __init__(self, tensors: Mapping[str, Tensor], plan: Architecture) -> None:
        self.left, self.plan = dict(tensors), plan

    def take(self, name: str, *shape: int) -> Tensor:
        tensor = self.left.pop(name, None)
        if tensor is None:
            raise CheckpointError(f"the checkpoint lacks the tensor {name!r}: it is incomplete")
        if tuple(tensor.shape) != shape or tensor.dtype not in FLOATS:
            raise CheckpointError(f"tensor {name!r} is {tensor.dtype} {tuple(tensor.shape)}, expected float {shape}")
        if not all_finite(tensor):
            raise CheckpointError(f"tensor {name!r} holds NaN or infinity")
        return tensor.float()

    def convolution(self, name: str, into: int, out: int, kernel: int, transposed: bool = False) -> FrozenConvolution:
        weight_shape, stored = (out, kernel, kernel, into), self.left.get(f"{name}.kernel")
        compact = stored is not None and stored.shape == weight_shape
        shape = (into, UPSAMPLING, UPSAMPLING, out) if transposed and not compact else weight_shape
        weight = self.take(f"{name}.kernel", *shape).permute(0, 3, 1, 2)
        if transposed and compact:
            weight = upsample_then_convolve_kernel(weight)
        bias = self.take(f"{name}.bias", out) if f"{name}.bias" in self.left else None
        return FrozenConvolution(weight, bias, transposed)

    def block(self, name: str, block: Block) -> ResidualBlock:
        width, dim = block.z_slice[1] - block.z_slice[0], self.plan.dim_embedding
        affines, convolutions = [], []
        for k, plan in enumerate(block.convolutions):
            stem, rows = f"{name}.affines.{k}", 2 * plan.channels_in
            affines.append(
                ConditionalAffine(
                    self.take(f"{stem}.by_embedding", rows, dim),
                    self.take(f"{stem}.by_latent", rows, width),
                    self.take(f"{stem}.constant", rows),
                )
            )
            convolutions.append(
                self.convolution(
                    f"{name}.convolutions.{k}", plan.channels_in, plan.channels_out, plan.kernel, plan.upsample
                )
            )
        into, out = block.channels_in, block.channels_out
        shortcut = self.convolution(f"{name}.shortcut", into, out, 1) if block.projects else None
        return ResidualBlock(
            block,
            affines,
            convolutions,
            shortcut,
            self.attention(f"{name}.attention", out) if block.attention else None,
        )

    def attention(self, name: str, channels: int) -> Attention:
        eighth, half = channels // 8, channels // 2
        parts = (("query", channels, eighth), ("key", channels, eighth), ("value", channels, half))
        query, key, value = (self.convolution(f"{name}.{part}", into, out, 1).kernel for part, into, out in parts)
        return Attention(query, key, value, self.convolution(f"{name}.out", half, channels, 1).kernel)

    def build(self, names: tuple[str, ...], fingerprint: str) -> BigGAN:
        plan = self.plan
        stored = self.left.get(TABLE)
        rows = len(stored) if stored is not None and stored.dim() else 0
        if not rows:
            raise CheckpointError(f"the checkpoint lacks the tensor {TABLE!r}, or it has no rows: it is incomplete")
        channels, last = plan.blocks[0].channels_in, plan.blocks[-1].channels_out
        values = channels * plan.first_size**2
        sees = plan.first_z_slice[1] - plan.first_z_slice[0]
        by_embedding = (
            self.take("first_by_embedding", values, plan.dim_embedding) if plan.first_sees_embedding else None
        )
        generator = BigGAN(
            plan,
            self.take(TABLE, rows, plan.dim_embedding),
            names,
            fingerprint,
            (self.take("first_weight", values, sees), self.take("first_bias", values), by_embedding),
            [self.block(f"blocks.{k}", block) for k, block in enumerate(plan.blocks)],
            (
                self.take("last_scale", last, 1, 1).flatten(),
                self.take("last_offset", last, 1, 1).flatten(),
            ),
            self.convolution("to_rgb", last, 3, 3),
            self.attention("first_attention", channels) if plan.first_attention else None,
        )
        if self.left:
            raise CheckpointError(
                f"the checkpoint holds tensors that its plan does not have: {sorted(self.left)[:5]!s:.200}"
            )
        return generator
