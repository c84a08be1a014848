"""Which plans the canonical generator can run."""

from itertools import pairwise

from ganmend.errors import CheckpointError
from ganmend.formats.layout import check_chain
from ganmend.models.biggan.architecture import Architecture, Block

LARGEST_RESOLUTION = 1024  # twice the largest published; a file of some kilobytes could ask for terabytes
LARGEST_ATTENTION = 256  # pixels, where it takes 4 GB an image; twice the largest published
FEWEST_CHANNELS = 8  # of attention, whose queries have an eighth of them


def check_plan(plan: Architecture) -> None:
    """Refuse a plan that the canonical generator cannot run.

    Args:
        plan: made of a checkpoint's shapes, or read from a file.

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
