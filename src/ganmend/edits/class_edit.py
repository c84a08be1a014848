"""The class edit: what stands in place of one row of the class table, and how it conditions each sample."""

import hashlib
import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import EmbeddingError
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator

GOLDEN = (math.sqrt(5) - 1) / 2  # of the low-discrepancy sequence i * GOLDEN mod 1


@dataclass(frozen=True, eq=False)
class EditTensors:
    """The numbers of one edit, or of many edits side by side: then all but `weights` have leading dimensions (...).

    Attributes:
        vectors: (..., K, dim_embedding): sample i is drawn with one of the K vectors, see `turns`.
        latent_map: (..., dim_z, dim_z) M, by which a latent z becomes M z; None is the identity.
        offsets: (..., n_offsets) of all gains and biases, as `Condition` has them; None is zero.
        weights: (K,) shares of the samples that the vectors get, summing to 1; None shares them equally.
    """

    vectors: Tensor
    latent_map: Tensor | None = None
    offsets: Tensor | None = None
    weights: Tensor | None = None

    def condition(self, z: Tensor, start: int = 0) -> tuple[Tensor, Condition]:
        """What the generator is fed for samples start, start + 1, ... whose latents are z.

        Args:
            z: (N, dim_z), on the device of the edit; the same for all edits.
            start: index of the first sample in its stream.

        Returns:
            Latents (edits * N, dim_z) and the condition of as many samples, edit by edit.
        """
        many = self.vectors.shape[:-2]
        embeddings = self.vectors[..., self.turns(len(z), start), :]  # (..., N, dim_embedding)
        fed = z.expand(*many, -1, -1) if self.latent_map is None else z @ self.latent_map.mT  # (..., N, dim_z)
        offsets = self.offsets
        if offsets is not None:
            offsets = offsets[..., None, :].expand(*many, len(z), -1).flatten(0, -2)  # (edits * N, n_offsets)
        # (..., N, width) -> (edits * N, width)
        return fed.flatten(0, -2), Condition(embeddings.flatten(0, -2), offsets)

    def turns(self, n: int, start: int = 0) -> Tensor:
        """Which vector (n,) draws each of samples start .. start + n - 1.

        Equal vectors take turns: i mod K. With weights, sample i takes the vector in whose part of [0, 1) the number
        i * GOLDEN mod 1 falls: every stretch of samples then holds the vectors near their shares.
        """
        index = torch.arange(start, start + n, device=self.vectors.device)
        if self.weights is None:
            return index % self.vectors.shape[-2]
        place = (index.double() * GOLDEN) % 1
        ends = self.weights.double().cumsum(0)[:-1].to(place.device)
        return torch.bucketize(place, ends, right=True)

    def select(self, index: int) -> "EditTensors":
        """Edit `index` of many edits side by side."""
        return replace(
            self,
            vectors=self.vectors[index],
            latent_map=None if self.latent_map is None else self.latent_map[index],
            offsets=None if self.offsets is None else self.offsets[index],
        )


@dataclass(frozen=True, eq=False, repr=False)
class ClassEdit(EditTensors):
    """One edit, and where it came from; without offsets, latent map and further vectors it is a class embedding.

    Its vectors are (K, dim_embedding), its latent map (dim_z, dim_z), its offsets (n_offsets,), its weights (K,): all
    of `EditTensors` without leading dimensions.

    Attributes:
        generator: fingerprint of the generator that it belongs to, or "" where the file does not say.
        target: the class it shows.
        details: whatever else was recorded (preset, seed, classifier).
    """

    generator: str = ""
    target: str = ""
    details: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("vectors", "latent_map", "offsets", "weights"):
            part = getattr(self, name)
            if part is None and name != "vectors":
                continue
            if not isinstance(part, Tensor) or not part.is_floating_point():
                came = str(part.dtype) if isinstance(part, Tensor) else type(part).__name__
                raise EmbeddingError(f"the embedding's {name} are {came}; expected a tensor of floating-point numbers")
            object.__setattr__(self, name, part.float())
        for name in ("generator", "target"):
            if type(getattr(self, name)) is not str:
                raise EmbeddingError(f"the embedding's {name} is a {type(getattr(self, name)).__name__}; expected text")
        k, shape = len(self.vectors) if self.vectors.dim() else 0, tuple(self.vectors.shape)
        # A generator without a class table has embeddings of width 0: all that an edit holds is its offsets then.
        if self.vectors.dim() != 2 or not (self.vectors.numel() or (k and self.offsets is not None)):
            raise EmbeddingError(f"an embedding has shape {shape}; expected (vectors, dim)")
        if not (self.generator + self.target).isprintable():
            raise EmbeddingError(f"the embedding's target is {self.target!r:.80}; expected text that can be printed")
        for numbers in (self.vectors, self.latent_map, self.offsets, self.weights):
            if numbers is not None and not numbers.isfinite().all():
                raise EmbeddingError("the embedding holds NaN or infinity; use another file or search again")
        if self.latent_map is not None and (self.latent_map.dim() != 2 or len(set(self.latent_map.shape)) != 1):
            found = tuple(self.latent_map.shape)
            raise EmbeddingError(f"the embedding's latent map has shape {found}; expected (dim_z, dim_z)")
        if self.offsets is not None and self.offsets.dim() != 1:
            raise EmbeddingError(f"the embedding's offsets have shape {tuple(self.offsets.shape)}; expected one row")
        if self.weights is not None and not _are_shares(self.weights, k):
            raise EmbeddingError(
                f"the embedding's weights are {self.weights.tolist()!s:.80}; expected {k} that sum to 1"
            )

    @property
    def is_row(self) -> bool:
        """Whether it is a single class embedding, as a row of a class table holds."""
        return not self.beyond_a_row

    @property
    def beyond_a_row(self) -> tuple[str, ...]:
        """What it holds that no row of a class table can, in words."""
        parts = [f"{len(self.vectors)} vectors"] * (len(self.vectors) > 1)
        parts += ["a latent map"] * (self.latent_map is not None)
        parts += ["offsets of gains and biases"] * (self.offsets is not None)
        return (*parts, *["shares of the vectors"] * (self.weights is not None))

    def digest(self) -> str:
        """16 hexadecimal digits that tell what draws differently apart."""
        digest = hashlib.sha256()
        for name in ("vectors", "latent_map", "offsets", "weights"):
            if (part := getattr(self, name)) is not None:
                digest.update(f"{name} {tuple(part.shape)}".encode() + part.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def check(self, generator: Generator, *, force: bool = False) -> None:
        """Refuse an edit of another generator.

        Args:
            generator: that is to draw.
            force: accept another one of the same widths.

        Raises:
            EmbeddingError: it does not fit.
        """
        widths = (
            ("width", "embeddings have", self.vectors, generator.dim_embedding),
            ("a latent map of width", "latents have", self.latent_map, generator.dim_z),
            ("offsets of length", "norms have", self.offsets, generator.n_offsets),
        )
        for name, whose, numbers, expected in widths:
            if numbers is not None and numbers.shape[-1] != expected:
                raise EmbeddingError(
                    f"the embedding has {name} {numbers.shape[-1]}; this generator's {whose} {expected}"
                )
        if self.generator and self.generator != generator.fingerprint and not force:
            raise EmbeddingError(
                f"the embedding was found for generator {self.generator}, this is {generator.fingerprint}; "
                "use that generator, or --force to try it anyway"
            )

    def save(self, path: str | Path) -> None:
        """Write .safetensors, or the paper's (K, dim_embedding) float32 .npy where the name ends so: see `save_edit`.

        Args:
            path: of the file; one that is there is replaced.

        Raises:
            EmbeddingError: a .npy is asked for, which holds vectors only, and the edit has more.
            OutputError: the place cannot be written.
        """
        from ganmend.edits.edit_file import save_edit  # which knows this class

        save_edit(self, path)

    def __repr__(self) -> str:
        parts = (f"width {self.vectors.shape[1]}", *self.beyond_a_row)
        return (
            f"<ClassEdit: {self.target or 'no class named'}, {', '.join(parts)}, for generator {self.generator or '?'}>"
        )


def class_row(generator: Generator, index: int) -> ClassEdit:
    """What the generator draws class `index` with, as an edit that changes nothing.

    Args:
        generator: whose class table is read.
        index: of the row, from 0.

    Returns:
        An edit of one vector, with offsets where the class has any beside its row, named for the class.

    Raises:
        EmbeddingError: no such row.
    """
    if not isinstance(generator, Generator) or type(index) is not int:
        came = f"a {type(generator).__name__} and class {index!r:.80}"
        raise EmbeddingError(f"{came} came; expected a Generator and an index")
    if not 0 <= index < generator.n_classes:
        raise EmbeddingError(f"class {index} was asked for; the generator has classes 0 to {generator.n_classes - 1}")
    row, offsets = generator.class_embeddings[index : index + 1].cpu(), generator.offsets_of_class(index)
    offsets = None if offsets is None else offsets.cpu()
    return ClassEdit(row, offsets=offsets, generator=generator.fingerprint, target=generator.class_names[index])


def _are_shares(weights: Tensor, k: int) -> bool:
    return tuple(weights.shape) == (k,) and bool((weights >= 0).all()) and abs(weights.double().sum().item() - 1) < 1e-5
