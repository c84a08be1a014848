"""What an image costs: multiplications, and memory that its gradient needs. Counted from the architecture."""

from collections.abc import Callable

from ganmend.generator.architecture import Architecture, Block, Convolution

UPSAMPLING_FROM, WINOGRAD_FROM = 384, 192  # channels; below, the direct kernel is faster (docs/performance.md)


def upsamples_in_parts(plan: Convolution) -> bool:
    """Whether `UpsamplingConvolution` is the faster way on a CPU."""
    return plan.upsample and plan.channels_in >= UPSAMPLING_FROM and plan.channels_out >= UPSAMPLING_FROM // 2


def by_winograd(plan: Convolution) -> bool:
    """Whether `WinogradConvolution` is the faster way on a CPU."""
    wide = min(plan.channels_in, plan.channels_out) >= WINOGRAD_FROM
    return plan.kernel == 3 and not plan.upsample and wide


def multiply_adds(plan: Architecture, ways: str = "fewest") -> int:
    """Multiply-adds of one image, forward.

    Args:
        plan: of the generator.
        ways: 'written' as the original code computes; 'direct' with the upsampling folded into a transposed convolution
            and the shortcut before the upsampling; 'fewest' with the wide convolutions as `prepared` replaces them on a
            CPU.
    """
    counted: Callable[[Convolution, int], int] = {"written": _written, "direct": _direct, "fewest": _fewest}[ways]
    size, first = plan.first_size, plan.blocks[0].channels_in
    total = (plan.first_z_slice[1] + plan.dim_embedding * plan.first_sees_embedding) * first * size**2
    total += _attention(first, size) * plan.first_attention
    for block in plan.blocks:
        for convolution in block.convolutions:
            total += counted(convolution, size)
            total += 2 * convolution.channels_in * (plan.dim_embedding + block.z_slice[1] - block.z_slice[0])
            size *= 1 + convolution.upsample
        shortcut_at = size if ways == "written" or not block.upsamples else size // 2
        total += block.projects * block.channels_in * block.channels_out * shortcut_at**2
        total += _attention(block.channels_out, size) * block.attention
    return total + 27 * plan.blocks[-1].channels_out * size**2


def step_multiply_adds(plan: Architecture, ways: str = "fewest") -> int:
    """Multiply-adds of one image, forward and gradient to the embedding; `ways` as of `multiply_adds`.

    A product with frozen weights has one gradient, a product of features with features, as attention has two, has two.
    """
    total = 2 * multiply_adds(plan, ways)
    for channels, size in _attended(plan):
        total += _attention_products(channels, size)
        total += _scores(channels, size) * (ways == "fewest")  # computed again: `Attend`
    return total


def gradient_bytes(plan: Architecture, width: int) -> int:
    """Bytes an image of features that are kept for the gradient, and of the largest temporaries beside them.

    Args:
        plan: of the generator.
        width: bytes a number: 4 in float32, 2 in bfloat16.
    """
    kept = largest = 0
    for features in _features(plan):
        kept, largest = kept + features, max(largest, features)
    return width * (kept + 4 * largest)


def drawing_bytes(plan: Architecture, width: int) -> int:
    """Bytes an image at the widest place when it is drawn without gradient."""
    return width * 4 * max(_features(plan))


def _written(plan: Convolution, size: int) -> int:
    return plan.kernel**2 * plan.channels_in * plan.channels_out * (size * (1 + plan.upsample)) ** 2


def _direct(plan: Convolution, size: int) -> int:
    return (16 if plan.upsample else plan.kernel**2) * plan.channels_in * plan.channels_out * size**2


def _fewest(plan: Convolution, size: int) -> int:
    if upsamples_in_parts(plan):
        return 25 * plan.channels_in * plan.channels_out * size**2 // 4
    if by_winograd(plan):
        return 4 * plan.channels_in * plan.channels_out * size**2
    return _direct(plan, size)


def _attention(channels: int, size: int) -> int:
    projections = (2 * channels * (channels // 8) + 2 * channels * (channels // 2)) * size**2
    return projections + _attention_products(channels, size)


def _attention_products(channels: int, size: int) -> int:
    return _scores(channels, size) + (channels // 2) * size**4 // 4


def _scores(channels: int, size: int) -> int:
    return (channels // 8) * size**4 // 4


def _sizes(plan: Architecture) -> list[tuple[Block, int]]:
    """Each block and the size of what comes in."""
    size, sizes = plan.first_size, []
    for block in plan.blocks:
        sizes.append((block, size))
        size *= 1 + block.upsamples
    return sizes


def _features(plan: Architecture) -> list[int]:
    """Numbers in the input of every norm, and in the last features."""
    counts = []
    for block, size in _sizes(plan):
        for convolution in block.convolutions:
            counts.append(convolution.channels_in * size**2)
            size *= 1 + convolution.upsample
    return [*counts, plan.blocks[-1].channels_out * plan.resolution**2]


def _attended(plan: Architecture) -> list[tuple[int, int]]:
    """Channels and sizes at which there is attention."""
    after = [(block.channels_out, size * (1 + block.upsamples)) for block, size in _sizes(plan) if block.attention]
    first = [(plan.blocks[0].channels_in, plan.first_size)] if plan.first_attention else []
    return first + after
