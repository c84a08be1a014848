"""The embedding file: safetensors with one or several vectors, an optional latent map, and where they came from."""

import json
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import EmbeddingError, OutputError


@dataclass(frozen=True)
class ClassEmbedding:
    """What a search found: sample i is drawn with vector i mod K, on the latent `z M^T` where there is a latent map M.

    Attributes:
        vectors: (K, dim_embedding) float32.
        latent_map: (dim_z, dim_z) or None.
        generator: fingerprint of the generator it belongs to, or "" where the file does not say.
        target: the class it shows.
        details: whatever else was recorded (preset, seed, classifier).
    """

    vectors: Tensor
    latent_map: Tensor | None = None
    generator: str = ""
    target: str = ""
    details: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.vectors.dim() != 2 or not len(self.vectors):
            raise EmbeddingError(f"an embedding has shape {tuple(self.vectors.shape)}; expected (vectors, dim)")
        if not self.vectors.isfinite().all():
            raise EmbeddingError("the embedding holds NaN or infinity; use another file or search again")

    def conditions(self, n: int, start: int = 0) -> Tensor:
        """The embeddings (n, dim) of samples start .. start + n - 1."""
        return self.vectors[torch.arange(start, start + n) % len(self.vectors)]

    def map_latents(self, z: Tensor) -> Tensor:
        """(N, dim_z) -> (N, dim_z)."""
        return z if self.latent_map is None else z @ self.latent_map.T

    def check(self, dim_embedding: int, generator: str, *, force: bool = False) -> None:
        """Refuse an embedding of another width or another generator.

        Raises:
            EmbeddingError: it does not fit; `force` accepts another generator of the same width.
        """
        if self.vectors.shape[1] != dim_embedding:
            raise EmbeddingError(
                f"the embedding has width {self.vectors.shape[1]}; this generator's embeddings have {dim_embedding}"
            )
        if self.generator and self.generator != generator and not force:
            raise EmbeddingError(
                f"the embedding was found for generator {self.generator}, this is {generator}; "
                "use that generator, or --force to try it anyway"
            )

    def save(self, path: Path) -> None:
        """Write .safetensors, or the paper's (K, dim) float32 .npy where the name ends so."""
        partial = path.with_name(f".{path.name}.partial")
        try:
            if path.suffix == ".npy":
                with partial.open("wb") as file:
                    np.save(file, self.vectors.float().numpy())
            else:
                tensors = {"vectors": self.vectors.float().contiguous()}
                if self.latent_map is not None:
                    tensors["latent_map"] = self.latent_map.float().contiguous()
                facts = {"generator": self.generator, "target": self.target, "details": json.dumps(self.details)}
                save_file(tensors, partial, {"format": "ganmend-embedding-1"} | facts)
            os.replace(partial, path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error


def load_embedding(path: Path) -> ClassEmbedding:
    """Read ganmend's .safetensors or a (dim,) or (K, dim) .npy.

    Raises:
        EmbeddingError: missing, broken, or of no usable shape.
    """
    if not path.is_file():
        raise EmbeddingError(f"no embedding file at {path}")
    try:
        if path.suffix == ".npy":
            array = np.load(path, allow_pickle=False)
            if not isinstance(array, np.ndarray):
                raise EmbeddingError(f"{path} is an archive of arrays; expected one array (dim,) or (vectors, dim)")
            if array.dtype.kind != "f":
                raise EmbeddingError(f"{path} holds {array.dtype}; expected floating-point numbers")
            return ClassEmbedding(torch.from_numpy(np.atleast_2d(array).astype(np.float32)))
        with safe_open(path, "pt") as file:
            facts = file.metadata() or {}
            names = set(file.keys())
            if "vectors" not in names:
                raise EmbeddingError(f"{path} holds {sorted(names)}; expected an embedding file with 'vectors'")
            latent_map = file.get_tensor("latent_map") if "latent_map" in names else None
            return ClassEmbedding(
                file.get_tensor("vectors").float(),
                latent_map,
                facts.get("generator", ""),
                facts.get("target", ""),
                json.loads(facts.get("details", "{}")),
            )
    except (SafetensorError, ValueError, EOFError, OSError, struct.error) as error:
        raise EmbeddingError(f"{path} is no embedding file that can be read ({error})") from error
