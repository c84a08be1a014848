"""The layers of the canonical generator: frozen, folded, differentiable in features and condition."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.kernels.attention import attend
from ganmend.kernels.lean_layers import AddUpsampled, FirstChannels, FrozenKernel, ScaledRelu
from ganmend.models.biggan.architecture import Block


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

    def offsets_of(self, difference: Tensor) -> Tensor:
        """What a difference of the embedding (..., dim_embedding) adds to gain and bias, (..., 2 C), gains first.

        The embedding's part gives what it adds to scale and offset; `_folded` the other way round makes gain and bias
        of them.
        """
        scale, offset = (difference @ self.by_embedding.T).chunk(2, -1)  # (..., C) each
        inverse, centre = self.constant.chunk(2)  # (C,) each
        gain = scale / inverse
        return torch.cat([gain, offset - gain * centre], -1)

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
