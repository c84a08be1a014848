"""The one canonical generator: folded, frozen, differentiable; every checkpoint format becomes this."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.kernels.lean_layers import ScaledRelu
from ganmend.models.biggan.architecture import Architecture
from ganmend.models.biggan.cost import Wide, drawing_bytes, gradient_bytes, step_multiply_adds
from ganmend.models.biggan.layers import Attention, ConditionalAffine, FrozenConvolution, ResidualBlock
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator


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
        plan, table, flagged = self.architecture, self.class_embeddings, self.classes_with_offsets
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
            "classes_with_offsets": [] if flagged is None else flagged.tolist(),
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

    def offsets_of(self, differences: Tensor) -> Tensor:
        """Offsets (..., n_offsets) that do what embeddings (..., norms, dim_embedding) of the norms' own do."""
        norms = [layer for layer in self.modules() if isinstance(layer, ConditionalAffine)]  # from latent to image
        parts = zip(norms, differences.unbind(-2), strict=True)
        return torch.cat([norm.offsets_of(difference) for norm, difference in parts], -1)

    def _offsets_by_block(self, offsets: Tensor | None) -> list[list[Tensor | None]]:
        """For each block, for each of its norms: its part (N, 2 channels) of all offsets (N, n_offsets), or None."""
        norms = [len(block.convolutions) for block in self.architecture.blocks]
        widths = [2 * channels for channels in self.conditional_layers]
        parts = iter([None] * len(widths) if offsets is None else offsets.split(widths, 1))
        return [[next(parts) for _ in range(n)] for n in norms]
