"""From the folded tensors of ganmend's own files to the generator."""

from torch import Tensor

from ganmend.formats.layout import attention_shapes, first_shape
from ganmend.formats.tensors import TensorReader
from ganmend.models.biggan.architecture import Architecture, Block
from ganmend.models.biggan.layers import Attention, ConditionalAffine, FrozenConvolution, ResidualBlock
from ganmend.models.biggan.model import BigGAN
from ganmend.models.biggan.rewrites import upsample_then_convolve_kernel

TABLE = "class_embeddings"  # the tensor
UPSAMPLING = 4  # the size of an upsampling convolution's kernel, and of no other


class FoldedBuilder:
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
        """A residual block, the attention after it with it."""
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
        """Attention on so many channels; its four kernels are stored as those of 1x1 convolutions."""
        narrow, half, back = attention_shapes(channels)
        shapes = {"query": narrow, "key": narrow, "value": half, "out": back}
        return Attention(
            *(self.convolution(f"{name}.{part}", into, out, 1).kernel for part, (out, into, *_) in shapes.items())
        )

    def build(self, names: tuple[str, ...], fingerprint: str) -> BigGAN:
        """The whole generator.

        Args:
            names: one a class, or ().
            fingerprint: of the original checkpoint.

        Returns:
            The generator, in float32.

        Raises:
            CheckpointError: tensors missing, unknown, or of other shapes than the plan's.
        """
        plan, take = self.plan, self.reader.take
        rows = self.reader.shape(TABLE, 2)[0]
        (values, _), seen = first_shape(plan), plan.first_z_slice[1] - plan.first_z_slice[0]
        channels, last = plan.blocks[0].channels_in, plan.blocks[-1].channels_out
        by_embedding = take("first_by_embedding", (values, plan.dim_embedding)) if plan.first_sees_embedding else None
        generator = BigGAN(
            plan,
            take(TABLE, (rows, plan.dim_embedding)),
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
