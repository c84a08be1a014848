"""What every generator answers, whatever its family: all that searches, metrics and interfaces know of one."""

import hashlib
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from ganmend.errors import EmbeddingError, LatentError
from ganmend.models.condition import Condition
from ganmend.models.pieces import in_pieces

KERNEL_DIMENSIONS = 4


class Generator(nn.Module, ABC):
    """G of the paper: `gan(z, embedding)` -> float32 images (N, 3, resolution, resolution) in [-1, 1].

    It is frozen: all weights are buffers, and autograd keeps only what the gradient to latents and condition needs.

    Attributes:
        class_embeddings: (n_classes, dim_embedding) float32, the class table; width 0 where the family has none.
        class_names: one a class.
        fingerprint: 16 hexadecimal digits that tell one trained generator from another; the table does not count.
        truncation: the default for latents (see `sample_latents`), or None for z ~ N(0, I).
        precision: 'float32' or 'bfloat16' once it is prepared for many images, else ''.
        classes_with_offsets: (k,) int64, the classes that have offsets beside their row, as exported edits have; None
            where no class has.
        class_offsets: (k, n_offsets) theirs, as `Condition` has them; `offsets_of_class` finds them.
    """

    class_embeddings: Tensor
    class_names: tuple[str, ...]
    fingerprint: str
    truncation: float | None
    precision: str
    classes_with_offsets: Tensor | None
    class_offsets: Tensor | None

    def __init__(
        self, class_embeddings: Tensor, class_names: tuple[str, ...], fingerprint: str, truncation: float | None = None
    ) -> None:
        """What every family keeps.

        Args:
            class_embeddings: (n_classes, dim_embedding).
            class_names: one a class.
            fingerprint: 16 hexadecimal digits.
            truncation: in (0, 1], or None.
        """
        super().__init__()
        self.class_names, self.fingerprint, self.truncation, self.precision = class_names, fingerprint, truncation, ""
        self.register_buffer("class_embeddings", class_embeddings)
        self.register_buffer("classes_with_offsets", None)
        self.register_buffer("class_offsets", None)

    @property
    def device(self) -> torch.device:
        """Where the weights are; latents and conditions go there."""
        return self.class_embeddings.device

    @property
    def n_classes(self) -> int:
        """Rows of the class table."""
        return self.class_embeddings.shape[0]

    @property
    def dim_embedding(self) -> int:
        """Length of a class embedding."""
        return self.class_embeddings.shape[1]

    @property
    def n_offsets(self) -> int:
        """Length of `Condition.offsets`: a gain and a bias for each channel of each conditional norm."""
        return 2 * sum(self.conditional_layers)

    def offsets_of_class(self, index: int) -> Tensor | None:
        """The offsets (n_offsets,) that belong to class `index` beside its row of the table; None where it has none."""
        if self.classes_with_offsets is None or self.class_offsets is None:
            return None
        places = (self.classes_with_offsets == index).nonzero()  # (0 or 1, 1)
        return self.class_offsets[places[0, 0]] if len(places) else None

    def function_digest(self) -> str:
        """Tell apart what draws differently, also where the fingerprint does not: by table, eps or folded statistics.

        The kernels of convolutions are left out: the fingerprint has them, and they are nine tenths of the numbers.

        Returns:
            16 hexadecimal digits.
        """
        digest = hashlib.sha256()
        for name, tensor in sorted(self.state_dict().items()):
            if tensor.dim() < KERNEL_DIMENSIONS:
                digest.update(f"{name} {tuple(tensor.shape)}".encode())
                digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
        return digest.hexdigest()[:16]

    @property
    @abstractmethod
    def resolution(self) -> int:
        """Height and width of the images, in pixels."""

    @property
    @abstractmethod
    def dim_z(self) -> int:
        """Length of a latent."""

    @property
    @abstractmethod
    def conditional_layers(self) -> tuple[int, ...]:
        """Channels of each conditional norm, from the latent to the image."""

    @property
    @abstractmethod
    def drawing_bytes(self) -> int:
        """Bytes that an image takes at the widest place when it is drawn without gradient."""

    @property
    @abstractmethod
    def gradient_bytes(self) -> int:
        """Bytes that an image's features take while they are kept for a gradient."""

    @abstractmethod
    def images(self, z: Tensor, condition: Condition) -> Tensor:
        """What `forward` gives, for latents (N, dim_z) and a condition of N samples that are known to fit."""

    @abstractmethod
    def offsets_of(self, differences: Tensor) -> Tensor:
        """The offsets that do what embeddings of the conditional norms' own do.

        An embedding enters a norm through gain and bias alone, and these are linear in it. So a norm that sees an
        embedding of its own, the shared one plus a difference, is a norm with offsets.

        Args:
            differences: (..., norms, dim_embedding) for each conditional norm in order.

        Returns:
            (..., n_offsets), linear in the differences.
        """

    @abstractmethod
    def prepared(self, precision: str = "auto") -> "Generator":
        """The same generator, ready for many images; it shares what needs no change, and this one stays as it is.

        Args:
            precision: of the convolutions: 'float32', 'bfloat16', or 'auto' for the faster one on this device. Images,
                latents and conditions stay float32.

        Returns:
            A generator that gives the same images up to rounding; itself where it is prepared already.

        Raises:
            OptionError: an unknown precision, or another one than the generator was prepared for.
        """

    @abstractmethod
    def describe(self) -> dict[str, object]:
        """What it is made of, as plain values by name: the family, resolution, widths."""

    @abstractmethod
    def step_multiply_adds(self) -> tuple[int, int]:
        """Multiply-adds of one image, forward and gradient to the condition: by direct convolutions, and as done."""

    def forward(self, z: Tensor, condition: Tensor | Condition) -> Tensor:
        """Draw images; differentiable in both arguments.

        Args:
            z: (N, dim_z) latents.
            condition: embeddings (N, dim_embedding), one (dim_embedding,) for all, or a `Condition`.

        Returns:
            (N, 3, resolution, resolution) in [-1, 1].

        Raises:
            LatentError: z is no (N, dim_z) tensor of this generator's type, float32 as loaded.
            EmbeddingError: the condition is of another type, width or number than this generator's and z's.
            NoMemoryError: memory ran out, where no gradient is wanted; where one is, the error is PyTorch's own.
        """
        self._check_latents(z)
        if isinstance(condition, Tensor):
            condition = Condition(condition)
        self._check_condition(condition, len(z))
        given = condition.expand(len(z))
        if torch.is_grad_enabled() or torch.compiler.is_compiling():
            return self.images(z, given)
        return in_pieces(
            lambda first, last: self.images(z[first:last], given.part(first, last)), len(z), torch.cat, self.device,
            image_bytes=lambda: self.drawing_bytes, what="drawing",
        )  # fmt: skip

    def _check_latents(self, z: Tensor) -> None:
        dtype = self.class_embeddings.dtype
        if not isinstance(z, Tensor) or z.dtype != dtype or z.dim() != 2 or z.shape[1] != self.dim_z:
            raise LatentError(f"latents came as {_described(z)}; expected {_plain(dtype)} of shape (N, {self.dim_z})")

    def _check_condition(self, condition: Condition, n: int) -> None:
        if not isinstance(condition, Condition):
            raise EmbeddingError(f"a condition came as {_described(condition)}; expected an embedding or a Condition")
        parts = [("an embedding", condition.embedding, self.dim_embedding)]
        if condition.offsets is not None:
            parts.append(("offsets", condition.offsets, self.n_offsets))
        dtype = self.class_embeddings.dtype
        for name, part, width in parts:
            fits = isinstance(part, Tensor) and part.shape in ((width,), (1, width), (n, width))
            if not fits or part.dtype != dtype:
                expected = f"{_plain(dtype)} of shape ({n}, {width}) or ({width},)"
                raise EmbeddingError(f"{name} came as {_described(part)}; expected {expected}")

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {self.n_classes} classes, {self.resolution} px, dim_z {self.dim_z}, "
            f"dim_embedding {self.dim_embedding}, fingerprint {self.fingerprint}>"
        )


def _described(value: object) -> str:
    """What came, for a message: a tensor's type and shape, or a type's name."""
    return f"{_plain(value.dtype)} of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
