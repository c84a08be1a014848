"""From the shapes of a checkpoint's tensors to a plan, and from a plan to the shapes that its tensors must have."""

import math
from collections.abc import Sequence
from itertools import pairwise

from ganmend.errors import CheckpointError
from ganmend.models.biggan.architecture import Architecture, Block, Convolution

BIGGAN, BIGGAN_DEEP = "BigGAN", "BigGAN-deep"
FEWEST_UPSAMPLINGS = 3  # 4 px to 32 px, the smallest resolution of the families


def upsampling_blocks(channels: Sequence[tuple[int, int]]) -> list[bool]:
    """Which blocks of a BigGAN-deep upsample: the last one of each group of `depth` blocks.

    The depth is in no tensor, but channels change only where a group ends: it is the largest common divisor of those
    places that leaves at least FEWEST_UPSAMPLINGS groups.

    Args:
        channels: (in, out) of each block.

    Returns:
        One answer a block.
    """
    n = len(channels)
    ends = [i + 1 for i, (into, out) in enumerate(channels) if into != out]
    common = math.gcd(n, *ends)
    fitting = [d for d in range(1, common + 1) if common % d == 0 and n // d >= FEWEST_UPSAMPLINGS]
    depth = max(fitting, default=1)
    return [(i + 1) % depth == 0 for i in range(n)]


def biggan_block(into: int, out: int, z_slice: tuple[int, int], attention: bool) -> Block:
    """Two 3x3 convolutions, the first behind the upsampling, beside a projection."""
    return Block((Convolution(into, out, 3, upsample=True), Convolution(out, out, 3)), True, z_slice, attention)


def deep_block(
    into: int, hidden: int, out: int, upsample: bool, projects: bool, z_slice: tuple[int, int], attention: bool
) -> Block:
    """1x1, 3x3, 3x3, 1x1; the upsampling stands before the first 3x3."""
    convolutions = (
        Convolution(into, hidden, 1),
        Convolution(hidden, hidden, 3, upsample=upsample),
        Convolution(hidden, hidden, 3),
        Convolution(hidden, out, 1),
    )
    return Block(convolutions, projects, z_slice, attention)


def biggan_blocks(
    channels: Sequence[tuple[int, int]], slices: Sequence[tuple[int, int]], attended: Sequence[bool]
) -> tuple[Block, ...]:
    """The blocks of a BigGAN.

    Args:
        channels: (in, out) of each block.
        slices: the part of z that each block's norms see.
        attended: whether attention follows each block.

    Returns:
        The blocks, from the latent to the image.
    """
    return tuple(
        biggan_block(into, out, z_slice, attention)
        for (into, out), z_slice, attention in zip(channels, slices, attended, strict=True)
    )


def deep_blocks(
    widths: Sequence[tuple[int, int, int]],
    dim_z: int,
    attended: Sequence[bool],
    *,
    projects: bool = False,
    upsamples: Sequence[bool] = (),
) -> tuple[Block, ...]:
    """The blocks of a BigGAN-deep, all of which see the whole latent.

    Args:
        widths: channels (in, hidden, out) of each block.
        dim_z: length of a latent.
        attended: whether attention follows each block.
        projects: whether the shortcuts are 1x1 convolutions.
        upsamples: which blocks double the size; () infers it from the widths.

    Returns:
        The blocks, from the latent to the image.
    """
    ups = upsamples or upsampling_blocks([(into, out) for into, _, out in widths])
    return tuple(
        deep_block(into, hidden, out, upsample, projects, (0, dim_z), attention)
        for (into, hidden, out), upsample, attention in zip(widths, ups, attended, strict=True)
    )


def plan_of(
    blocks: tuple[Block, ...],
    first: tuple[str, int],
    *,
    deep: bool,
    dim_z: int,
    dim_embedding: int,
    seen: int,
    first_attention: bool = False,
) -> Architecture:
    """The whole plan around a checkpoint's blocks.

    Args:
        blocks: from the latent to the image, at least one.
        first: the name of the linear layer before them, and how many values it gives.
        deep: whether it is a BigGAN-deep, whose linear layer sees the embedding too.
        dim_z: length of a latent.
        dim_embedding: length of a class embedding.
        seen: how many numbers of z, from its beginning, the linear layer sees.
        first_attention: whether attention stands before all blocks.

    Returns:
        The plan; `check_plan` says whether it can be run.

    Raises:
        CheckpointError: the blocks' channels do not follow each other, or the first features are no square.
    """
    check_chain(blocks)
    name, values = first
    side = side_of(values, blocks[0].channels_in, name)
    return Architecture(
        family=BIGGAN_DEEP if deep else BIGGAN,
        resolution=side * 2 ** sum(block.upsamples for block in blocks),
        dim_z=dim_z,
        dim_embedding=dim_embedding,
        first_size=side,
        first_z_slice=(0, seen),
        first_sees_embedding=deep,
        blocks=blocks,
        first_attention=first_attention,
    )


def first_shape(plan: Architecture) -> tuple[int, int]:
    """Shape (values, inputs) of the weight of the linear layer before all blocks."""
    values = plan.blocks[0].channels_in * plan.first_size**2
    return values, plan.first_z_slice[1] + (plan.dim_embedding if plan.first_sees_embedding else 0)


def norm_shape(plan: Architecture, block: int, index: int) -> tuple[int, int]:
    """Shape (channels, inputs) of the matrices of the norm before convolution `index` of a block."""
    it = plan.blocks[block]
    return it.convolutions[index].channels_in, plan.dim_embedding + it.latent_width


def shortcut_shape(block: Block) -> tuple[int, int, int, int]:
    """Shape of the weight of a block's projection."""
    return block.channels_out, block.channels_in, 1, 1


def attention_shapes(channels: int) -> tuple[tuple[int, int, int, int], ...]:
    """Shapes of the kernels of attention on so many channels: query and key, value, output (Zhang et al. 2019)."""
    eighth, half = channels // 8, channels // 2
    return (eighth, channels, 1, 1), (half, channels, 1, 1), (channels, half, 1, 1)


def check_chain(blocks: Sequence[Block]) -> None:
    """Refuse blocks whose channels do not follow each other.

    Args:
        blocks: from the latent to the image.

    Raises:
        CheckpointError: naming the first block that does not fit.
    """
    for index, (before, after) in enumerate(pairwise(blocks)):
        out, into = before.convolutions[-1].channels_out, after.convolutions[0].channels_in
        if out != into:
            raise CheckpointError(f"block {index + 1} takes {into} channels, but block {index} gives {out}")


def side_of(values: int, channels: int, name: str) -> int:
    """Height and width of the first feature map.

    Args:
        values: that the linear layer gives.
        channels: of the map.
        name: of the layer, for the message.

    Returns:
        Pixels of each side.

    Raises:
        CheckpointError: the values do not fill a square.
    """
    side = math.isqrt(values // channels) if channels else 0
    if side < 1 or side**2 * channels != values:
        raise CheckpointError(f"{name!r} gives {values} values, no square of the first block's {channels} channels")
    return side
