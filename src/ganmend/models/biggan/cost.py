"""What an image costs: multiplications, and memory that its gradient needs. Counted from the architecture."""

from dataclasses import dataclass

from ganmend.models.biggan.architecture import Architecture, Block, Convolution


@dataclass(frozen=True)
class Wide:
    """From how many channels on a convolution takes fewer multiplications than its kernel has.

    Below, the memory traffic that it costs takes longer than they (docs/performance.md).

    Attributes:
        upsampling: channels into an `UpsamplingConvolution`; half as many come out at least.
        winograd: channels into and out of a `WinogradConvolution`.
    """

    upsampling: int
    winograd: int

    def upsamples_in_parts(self, plan: Convolution) -> bool:
        """Whether a convolution is to be an `UpsamplingConvolution`."""
        return plan.upsample and min(plan.channels_in, 2 * plan.channels_out) >= self.upsampling

    def by_winograd(self, plan: Convolution) -> bool:
        """Whether a convolution is to be a `WinogradConvolution`."""
        wide = min(plan.channels_in, plan.channels_out) >= self.winograd
        return plan.kernel == 3 and not plan.upsample and wide


def multiply_adds(plan: Architecture, ways: str | Wide = "direct") -> int:
    """Multiply-adds of one image, forward.

    Args:
        plan: of the generator.
        ways: 'written' as the original code computes; 'direct' with the upsampling folded into a transposed convolution
            and the shortcut before the upsampling; or which convolutions take fewer.

    Returns:
        The number.
    """
    first = plan.blocks[0].channels_in * plan.first_size**2
    total = (plan.first_z_slice[1] + plan.dim_embedding * plan.first_sees_embedding) * first  # the linear layer
    for channels, size in _attended(plan):
        total += 2 * channels * (channels // 8 + channels // 2) * size**2 + _attention_products(channels, size)
    for block, size in _sizes(plan):
        shortcut_at = 2 * size if ways == "written" and block.upsamples else size
        total += block.projects * block.channels_in * block.channels_out * shortcut_at**2
        for convolution in block.convolutions:
            total += _convolution(convolution, size, ways)
            # Its norm: a matrix for the scale and one for the offset.
            total += 2 * convolution.channels_in * (plan.dim_embedding + block.latent_width)
            size *= 1 + convolution.upsample
    # The last convolution is 3x3 to three channels.
    return total + 27 * plan.blocks[-1].channels_out * plan.resolution**2


def step_multiply_adds(plan: Architecture, ways: str | Wide = "direct") -> int:
    """Multiply-adds of one image, forward and gradient to the embedding.

    A product with frozen weights has one gradient, a product of features with features, as attention has two, has two.

    Args:
        plan: of the generator.
        ways: 'written' as the original code computes; 'direct' with the upsampling folded into a transposed convolution
            and the shortcut before the upsampling; or which convolutions take fewer.

    Returns:
        The number.
    """
    total = 2 * multiply_adds(plan, ways)
    for channels, size in _attended(plan):
        total += _attention_products(channels, size)
        total += _scores(channels, size) * isinstance(ways, Wide)  # computed again: `attend`
    return total


def gradient_bytes(plan: Architecture, width: int) -> int:
    """Bytes an image of features that are kept for the gradient, and of the largest temporaries beside them.

    Args:
        plan: of the generator.
        width: bytes a number: 4 in float32, 2 in bfloat16.

    Returns:
        Bytes.
    """
    kept = largest = 0
    for features in _features(plan):
        kept, largest = kept + features, max(largest, features)
    return width * (kept + 4 * largest)


def drawing_bytes(plan: Architecture, width: int) -> int:
    """Bytes an image at the widest place when it is drawn without gradient."""
    return width * 4 * max(_features(plan))


def _convolution(plan: Convolution, size: int, ways: str | Wide) -> int:
    """Multiply-adds, at `size` pixels before it."""
    a_pixel = plan.kernel**2 * (4 if plan.upsample else 1)
    if isinstance(ways, Wide) and ways.upsamples_in_parts(plan):
        a_pixel = 9
    elif isinstance(ways, Wide) and ways.by_winograd(plan):
        a_pixel = 4
    elif plan.upsample and ways != "written":
        a_pixel = 16
    return a_pixel * plan.channels_in * plan.channels_out * size**2


def _attention_products(channels: int, size: int) -> int:
    """Multiply-adds of scores and of weights by values; there are a quarter as many keys as queries."""
    return _scores(channels, size) + (channels // 2) * size**4 // 4


def _scores(channels: int, size: int) -> int:
    """Multiply-adds of queries by keys."""
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
