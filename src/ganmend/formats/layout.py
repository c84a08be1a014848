"""Which blocks upsample, and what else a plan holds, from the shapes of a checkpoint's convolutions."""

import math
from collections.abc import Sequence
from itertools import pairwise

from ganmend.errors import CheckpointError
from ganmend.models.biggan.architecture import Architecture, Block, Convolution

BIGGAN, BIGGAN_DEEP = "BigGAN", "BigGAN-deep"
LARGEST_RESOLUTION = 1024  # twice the largest published; a file of some kilobytes could ask for terabytes
LARGEST_ATTENTION = 256  # pixels, where it takes 4 GB an image; twice the largest published
FEWEST_CHANNELS = 8  # of attention, whose queries have an eighth of them
FEWEST_UPSAMPLINGS = 3  # 4 px to 32 px, the smallest resolution of the families


def upsampling_blocks(channels: Sequence[tuple[int, int]]) -> list[bool]:
    """Which blocks of a BigGAN-deep upsample: the last one of each group of `depth` blocks.

    The depth is in no tensor, but channels change only where a group ends: it is the largest common divisor of those
    places that leaves at least FEWEST_UPSAMPLINGS groups.

    Args:
        channels: (in, out) of each block.
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


def check_chain(blocks: Sequence[Block]) -> None:
    """Refuse blocks whose channels do not follow each other.

    Raises:
        CheckpointError: naming the first block that does not fit.
    """
    for index, (before, after) in enumerate(pairwise(blocks)):
        out, into = before.convolutions[-1].channels_out, after.convolutions[0].channels_in
        if out != into:
            raise CheckpointError(f"block {index + 1} takes {into} channels, but block {index} gives {out}")


def side_of(values: int, channels: int, name: str) -> int:
    """Height and width of the first feature map.

    Raises:
        CheckpointError: the values do not fill a square.
    """
    side = math.isqrt(values // channels) if channels else 0
    if side < 1 or side**2 * channels != values:
        raise CheckpointError(f"{name!r} gives {values} values, no square of the first block's {channels} channels")
    return side


def check_plan(plan: Architecture) -> None:
    """Refuse a plan that the canonical generator cannot run.

    Raises:
        CheckpointError: naming what does not fit.
    """
    if not 1 <= plan.resolution <= LARGEST_RESOLUTION:
        raise CheckpointError(f"its resolution would be {plan.resolution}; expected 1 to {LARGEST_RESOLUTION} pixels")
    if plan.resolution != plan.first_size * 2 ** sum(block.upsamples for block in plan.blocks):
        raise CheckpointError(f"its blocks do not lead from {plan.first_size} to {plan.resolution} pixels")
    slices = [plan.first_z_slice, *(block.z_slice for block in plan.blocks)]
    if not all(0 <= start <= end for start, end in slices) or max(end for _, end in slices) != plan.dim_z:
        raise CheckpointError(f"its layers see other parts of the latent than the {plan.dim_z} numbers that it has")
    check_chain(plan.blocks)
    size = plan.first_size
    if plan.first_attention:
        _check_attention(plan.blocks[0].channels_in, size)
    for index, block in enumerate(plan.blocks):
        _check_block(index, block)
        size *= 2 if block.upsamples else 1
        if block.attention:
            _check_attention(block.channels_out, size)


def _check_block(index: int, block: Block) -> None:
    chained = all(before.channels_out == after.channels_in for before, after in pairwise(block.convolutions))
    usual = all(plan.kernel == 3 or (plan.kernel == 1 and not plan.upsample) for plan in block.convolutions)
    if not chained or not usual or sum(plan.upsample for plan in block.convolutions) > 1:
        raise CheckpointError(f"the convolutions of block {index} do not fit together")
    if not block.projects and block.channels_out > block.channels_in:
        raise CheckpointError(
            f"block {index} gives {block.channels_out} channels, but its shortcut has {block.channels_in}"
        )


def _check_attention(channels: int, size: int) -> None:
    if channels < FEWEST_CHANNELS or size % 2 or size > LARGEST_ATTENTION:
        raise CheckpointError(
            f"attention on {channels} channels of {size} px is not possible; expected {FEWEST_CHANNELS} or more, and "
            f"an even size of at most {LARGEST_ATTENTION}"
        )
