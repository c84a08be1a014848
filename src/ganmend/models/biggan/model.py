"""The one canonical generator: folded, frozen, differentiable; every checkpoint format becomes this."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.errors import EmbeddingError
from ganmend.kernels.attention import attend
from ganmend.kernels.lean_layers import AddUpsampled, FirstChannels, FrozenKernel, ScaledRelu
from ganmend.models.biggan.architecture import Architecture, Block
from ganmend.models.biggan.cost import Wide


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

    def forward(self, x: Tensor, embedding: Tensor, z: Tensor) -> Tensor:
        """(N, C, H, W) -> ReLU(x * scale + offset)."""
        both = torch.addmm(self.constant, embedding, self.by_embedding.T)
        if z.shape[1]:
            both = torch.addmm(both, z, self.by_latent.T)
        result: Tensor = ScaledRelu.apply(x, *both[:, :, None, None].chunk(2, 1))
        return result


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
        result: Tensor = x + self.out(mixed.transpose(1, 2).unflatten(2, x.shape[2:]))
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

    def forward(self, x: Tensor, embedding: Tensor, z: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        h, z = x, z[:, slice(*self.plan.z_slice)]
        for affine, convolution in zip(self.affines, self.convolutions, strict=True):
            h = convolution(affine(h, embedding, z))
        kept = self.shortcut(x) if self.shortcut is not None else FirstChannels.apply(x, h.shape[1])
        h = AddUpsampled.apply(h, kept) if self.plan.upsamples else h + kept
        result: Tensor = self.attention(h) if self.attention is not None else h
        return result


class Generator(nn.Module):
    """G of the paper: `gan(z, embedding)` -> float32 images (N, 3, resolution, resolution) in [-1, 1].

    All weights are buffers: nothing is trainable, and autograd keeps only what the gradient to z and c needs.
    """

    first_weight: Tensor
    first_bias: Tensor
    first_by_embedding: Tensor | None
    last_scale: Tensor
    last_offset: Tensor
    class_embeddings: Tensor
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
        super().__init__()
        self.architecture, self.class_names, self.fingerprint = architecture, class_names, fingerprint
        self.truncation = truncation
        self.precision, self.wide = "", None  # see `prepared`
        self.register_buffer("class_embeddings", class_embeddings)
        for name, tensor in zip(("first_weight", "first_bias", "first_by_embedding"), first, strict=True):
            self.register_buffer(name, tensor)
        self.first_attention, self.blocks = first_attention, nn.ModuleList(blocks)
        for name, tensor in zip(("last_scale", "last_offset"), last_affine, strict=True):
            self.register_buffer(name, tensor[:, None, None])
        self.to_rgb = to_rgb
        self.eval()

    @property
    def resolution(self) -> int:
        """Height and width of the images, in pixels."""
        return self.architecture.resolution

    @property
    def device(self) -> torch.device:
        """Where the weights are; latents and embeddings go there."""
        return self.class_embeddings.device

    @property
    def width(self) -> int:
        """Bytes a number of the features."""
        return self.to_rgb.kernel.element_size()

    @property
    def dim_z(self) -> int:
        """Length of a latent."""
        return self.architecture.dim_z

    @property
    def dim_embedding(self) -> int:
        """Length of a class embedding."""
        return self.architecture.dim_embedding

    @property
    def n_classes(self) -> int:
        """Rows of the class table."""
        return self.class_embeddings.shape[0]

    def forward(self, z: Tensor, embedding: Tensor) -> Tensor:
        """Images of latents z (N, dim_z) under embeddings (N, dim_embedding), or (dim_embedding,) for all.

        Raises:
            EmbeddingError: the embedding's width is not this generator's.
        """
        if embedding.shape[-1] != self.dim_embedding:
            raise EmbeddingError(
                f"an embedding of width {embedding.shape[-1]} came; this generator's has {self.dim_embedding}"
            )
        embedding = embedding.expand(len(z), -1)
        h = F.linear(z[:, slice(*self.architecture.first_z_slice)], self.first_weight, self.first_bias)
        if self.first_by_embedding is not None:
            h = h + embedding @ self.first_by_embedding.T
        size = self.architecture.first_size
        h = h.view(len(z), -1, size, size).to(self.to_rgb.kernel.dtype, memory_format=torch.channels_last)
        if self.first_attention is not None:
            h = self.first_attention(h)
        for block in self.blocks:
            h = block(h, embedding, z)
        h = ScaledRelu.apply(h, self.last_scale[None], self.last_offset[None])
        return torch.tanh(self.to_rgb(h).to(z.dtype))
