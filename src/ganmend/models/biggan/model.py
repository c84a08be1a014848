"""The one canonical generator: folded, frozen, differentiable; every checkpoint format becomes this."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.kernels.attention import attend
from ganmend.kernels.lean_layers import AddUpsampled, FirstChannels, FrozenKernel, ScaledRelu
from ganmend.models.biggan.architecture import Architecture, Block
from ganmend.models.biggan.cost import Wide, drawing_bytes, gradient_bytes, step_multiply_adds
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator


class FrozenConvolution(nn.Module):
    """A convolution, or nearest upsampling and a 3x3 convolution as one transposed convolution."""

    kernel: Tensor
    bias: Tensor | None

    def __init__(self, kernel: Tensor, bias: Tensor | None, transposed: bool) -> None:
        super().__init__()
        self.register_buffer("kernel", kernel.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias)
        self.transposed = transposed

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, H, W), or twice the size where transposed."""
        result: Tensor = FrozenKernel.apply(x, self.kernel, self.bias, self.transposed)
        return result


class ConditionalAffine(nn.Module):
    """Scale and offset of one folded norm: constant + (embedding part) c + (latent part) z_k."""

    by_embedding: Tensor
    by_latent: Tensor
    constant: Tensor

    def __init__(self, by_embedding: Tensor, by_latent: Tensor, constant: Tensor) -> None:
        super().__init__()
        self.register_buffer("by_embedding", by_embedding)  # (2 channels, dim_embedding), scale rows first
        self.register_buffer("by_latent", by_latent)  # (2 channels, width of z_k)
        self.register_buffer("constant", constant)  # (2 channels,)

    def forward(self, x: Tensor, embedding: Tensor, z: Tensor, offsets: Tensor | None = None) -> Tensor:
        """(N, C, H, W) -> ReLU(x * scale + offset).

        Args:
            x: features.
            embedding: (N, dim_embedding).
            z: (N, width of z_k).
            offsets: (N, 2 C) added to the norm's gain and bias before it was folded, gains first.

        Returns:
            (N, C, H, W).
        """
        both = torch.addmm(self.constant, embedding, self.by_embedding.T)  # (N, 2 C): scales, then offsets
        if z.shape[1]:
            both = torch.addmm(both, z, self.by_latent.T)
        if offsets is not None:
            both = both + self._folded(offsets)
        # (N, 2 C) -> (N, 2 C, 1, 1) -> scale and offset, (N, C, 1, 1) each
        result: Tensor = ScaledRelu.apply(x, *both[:, :, None, None].chunk(2, 1))
        return result

    def _folded(self, offsets: Tensor) -> Tensor:
        """Offsets of gain g and bias b (N, 2 C) as those of scale and offset: g / std, and b + g (shift - mean) / std.

        The constant holds both factors: 1 / std and (shift - mean) / std, see `folded_affine`.
        """
        gain, bias = offsets.chunk(2, 1)  # (N, C) each
        inverse, centre = self.constant.chunk(2)  # (C,) each
        return torch.cat([gain * inverse, bias + gain * centre], 1)


class Attention(nn.Module):
    """Self-attention with 2x2 max-pooled keys and values (Zhang et al. 2019, SAGAN); gamma is folded into `out`."""

    def __init__(self, query: Tensor, key: Tensor, value: Tensor, out: Tensor) -> None:
        super().__init__()
        self.query, self.key = FrozenConvolution(query, None, False), FrozenConvolution(key, None, False)
        self.value, self.out = FrozenConvolution(value, None, False), FrozenConvolution(out, None, False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        query = self.query(x).flatten(2).transpose(1, 2)  # (N, HW, C/8)
        key = F.max_pool2d(self.key(x), 2).flatten(2).transpose(1, 2)  # (N, HW/4, C/8)
        value = F.max_pool2d(self.value(x), 2).flatten(2).transpose(1, 2)  # (N, HW/4, C/2)
        mixed = attend(query, key, value)  # (N, HW, C/2)
        mixed = mixed.transpose(1, 2).unflatten(2, x.shape[2:])  # (N, C/2, H, W)
        result: Tensor = x + self.out(mixed)
        return result


class ResidualBlock(nn.Module):
    """Affine, ReLU and convolution in turn, beside a shortcut taken before the upsampling: 4 times cheaper."""

    def __init__(
        self,
        plan: Block,
        affines: list[ConditionalAffine],
        convolutions: list[FrozenConvolution],
        shortcut: FrozenConvolution | None,
        attention: Attention | None,
    ) -> None:
        super().__init__()
        self.plan = plan
        self.affines, self.convolutions = nn.ModuleList(affines), nn.ModuleList(convolutions)
        self.shortcut, self.attention = shortcut, attention

    def forward(self, x: Tensor, embedding: Tensor, z: Tensor, offsets: Sequence[Tensor | None]) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'); offsets (N, 2 channels) or None for each norm of the block."""
        h, z = x, z[:, slice(*self.plan.z_slice)]
        for affine, convolution, added in zip(self.affines, self.convolutions, offsets, strict=True):
            h = convolution(affine(h, embedding, z, added))
        kept = self.shortcut(x) if self.shortcut is not None else FirstChannels.apply(x, h.shape[1])
        h = AddUpsampled.apply(h, kept) if self.plan.upsamples else h + kept
        result: Tensor = self.attention(h) if self.attention is not None else h
        return result


class BigGAN(Generator):
    """BigGAN (Brock et al. 2019) and BigGAN-deep in one: every checkpoint format becomes this."""

    first_weight: Tensor
    first_bias: Tensor
    first_by_embedding: Tensor | None
    last_scale: Tensor
    last_offset: Tensor
    wide: Wide | None

    def __init__(
        self,
        architecture: Architecture,
        class_embeddings: Tensor,
        class_names: tuple[str, ...],
        fingerprint: str,
        first: tuple[Tensor, Tensor, Tensor | None],
        blocks: list[ResidualBlock],
        last_affine: tuple[Tensor, Tensor],
        to_rgb: FrozenConvolution,
        first_attention: Attention | None = None,
        truncation: float | None = None,
    ) -> None:
        super().__init__(class_embeddings, class_names, fingerprint, truncation)
        self.architecture = architecture
        self.wide = None  # every convolution as it is, until the generator is prepared
        for name, tensor in zip(("first_weight", "first_bias", "first_by_embedding"), first, strict=True):
            self.register_buffer(name, tensor)
        self.first_attention, self.blocks = first_attention, nn.ModuleList(blocks)
        for name, tensor in zip(("last_scale", "last_offset"), last_affine, strict=True):
            self.register_buffer(name, tensor[:, None, None])  # (C,) -> (C, 1, 1)
        self.to_rgb = to_rgb
        self.eval()

    @property
    def resolution(self) -> int:
        """Height and width of the images, in pixels."""
        return self.architecture.resolution

    @property
    def dim_z(self) -> int:
        """Length of a latent."""
        return self.architecture.dim_z

    @property
    def conditional_layers(self) -> tuple[int, ...]:
        """Channels of each conditional norm, block by block."""
        return tuple(plan.channels_in for block in self.architecture.blocks for plan in block.convolutions)

    @property
    def drawing_bytes(self) -> int:
        """Bytes that an image takes at the widest place when it is drawn without gradient."""
        return drawing_bytes(self.architecture, self.to_rgb.kernel.element_size())

    @property
    def gradient_bytes(self) -> int:
        """Bytes that an image's features take while they are kept for a gradient."""
        return gradient_bytes(self.architecture, self.to_rgb.kernel.element_size())

    def prepared(self, precision: str = "auto") -> "BigGAN":
        """The same generator, ready for many images; it shares what needs no change, and this one stays as it is.

        On a CPU wide convolutions take fewer multiplications.

        Args:
            precision: of the convolutions: 'float32', 'bfloat16', or 'auto' for the faster one on this device.

        Returns:
            A generator that gives the same images up to rounding; itself where it is prepared already.

        Raises:
            OptionError: an unknown precision, or another one than the generator was prepared for.
        """
        from ganmend.models.biggan.prepared import prepared  # which knows this class

        return prepared(self, precision)

    def describe(self) -> dict[str, object]:
        """What it is made of, as plain values by name."""
        plan, table = self.architecture, self.class_embeddings
        return {
            "family": plan.family,
            "resolution": self.resolution,
            "classes": self.n_classes,
            "dim_z": self.dim_z,
            "dim_embedding": self.dim_embedding,
            "blocks": len(plan.blocks),
            "channels": [block.convolutions[-1].channels_out for block in plan.blocks],
            "attention_before_blocks": plan.first_attention,
            "attention_after_blocks": [index for index, block in enumerate(plan.blocks) if block.attention],
            "embedding_range": [round(table.min().item(), 4), round(table.max().item(), 4)],
            "fingerprint": self.fingerprint,
            "class_names": list(self.class_names),
        }

    def step_multiply_adds(self) -> tuple[int, int]:
        """Multiply-adds of one image, forward and gradient to the condition: by direct convolutions, and as done."""
        plan = self.architecture
        return step_multiply_adds(plan, "direct"), step_multiply_adds(plan, self.wide or "direct")

    def images(self, z: Tensor, condition: Condition) -> Tensor:
        """Images (N, 3, resolution, resolution) of latents (N, dim_z) under a condition of N samples."""
        embedding, size = condition.embedding, self.architecture.first_size
        h = F.linear(z[:, slice(*self.architecture.first_z_slice)], self.first_weight, self.first_bias)
        if self.first_by_embedding is not None:
            h = h + embedding @ self.first_by_embedding.T
        # (N, channels * size * size) -> (N, channels, size, size)
        h = h.view(len(z), -1, size, size).to(self.to_rgb.kernel.dtype, memory_format=torch.channels_last)
        if self.first_attention is not None:
            h = self.first_attention(h)
        for block, offsets in zip(self.blocks, self._offsets_by_block(condition.offsets), strict=True):
            h = block(h, embedding, z, offsets)
        h = ScaledRelu.apply(h, self.last_scale[None], self.last_offset[None])
        return torch.tanh(self.to_rgb(h).to(z.dtype))

    def _offsets_by_block(self, offsets: Tensor | None) -> list[list[Tensor | None]]:
        """For each block, for each of its norms: its part (N, 2 channels) of all offsets (N, n_offsets), or None."""
        norms = [len(block.convolutions) for block in self.architecture.blocks]
        widths = [2 * channels for channels in self.conditional_layers]
        parts = iter([None] * len(widths) if offsets is None else offsets.split(widths, 1))
        return [[next(parts) for _ in range(n)] for n in norms]
