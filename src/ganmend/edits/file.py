"""The embedding file: safetensors with one or several vectors, an optional latent map, and where they came from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import EmbeddingError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.numpy_file import read_numpy
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.torch_file import read_torch
from ganmend.files.writing import whole_file
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import Wanted, fetch

FILE_NAME = "embedding.safetensors"  # in a result directory, and in a repository on the hub
EMBEDDING_SUFFIXES = (".npy", ".safetensors", ".bin", ".pt")
WANTED = Wanted("embedding", FILE_NAME, EMBEDDING_SUFFIXES)


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
        if self.vectors.dim() != 2 or not self.vectors.numel():
            raise EmbeddingError(f"an embedding has shape {tuple(self.vectors.shape)}; expected (vectors, dim)")
        if not (self.generator + self.target).isprintable():
            raise EmbeddingError(f"the embedding's target is {self.target!r:.80}; expected text that can be printed")
        _check_finite(self.vectors)
        if self.latent_map is not None:
            shape = tuple(self.latent_map.shape)
            if len(shape) != 2 or shape[0] != shape[1]:
                raise EmbeddingError(f"the embedding's latent map has shape {shape}; expected (dim_z, dim_z)")
            _check_finite(self.latent_map)

    def conditions(self, n: int, start: int = 0) -> Tensor:
        """The embeddings (n, dim) of samples start .. start + n - 1."""
        return self.vectors[torch.arange(start, start + n) % len(self.vectors)]

    def map_latents(self, z: Tensor) -> Tensor:
        """(N, dim_z) -> (N, dim_z)."""
        return z if self.latent_map is None else z @ self.latent_map.T

    def check(self, dim_embedding: int, generator: str, *, dim_z: int | None = None, force: bool = False) -> None:
        """Refuse an embedding of another width or another generator; given dim_z, a latent map of another width too.

        Raises:
            EmbeddingError: it does not fit; `force` accepts another generator of the same width.
        """
        if self.vectors.shape[1] != dim_embedding:
            raise EmbeddingError(
                f"the embedding has width {self.vectors.shape[1]}; this generator's embeddings have {dim_embedding}"
            )
        if self.latent_map is not None and dim_z is not None and len(self.latent_map) != dim_z:
            raise EmbeddingError(
                f"the embedding's latent map is for latents of {len(self.latent_map)}; this generator's have {dim_z}"
            )
        if self.generator and self.generator != generator and not force:
            raise EmbeddingError(
                f"the embedding was found for generator {self.generator}, this is {generator}; "
                "use that generator, or --force to try it anyway"
            )

    def save(self, path: Path) -> None:
        """Write .safetensors, or the paper's (K, dim) float32 .npy where the name ends so."""
        if path.suffix == ".npy":
            with whole_file(path) as partial, partial.open("wb") as file:
                np.save(file, self.vectors.float().numpy())
            return
        tensors = {"vectors": self.vectors.float().contiguous()}
        if self.latent_map is not None:
            tensors["latent_map"] = self.latent_map.float().contiguous()
        facts = {"generator": self.generator, "target": self.target, "details": json.dumps(self.details)}
        with whole_file(path) as partial:
            save_file(tensors, partial, {"format": "ganmend-embedding-1"} | facts)


def is_embedding(text: str) -> bool:
    """Whether it names an embedding's file, here or on the hub, rather than a class."""
    return is_address(text) or text.endswith(EMBEDDING_SUFFIXES)


def load_embedding(path: str | Path) -> ClassEmbedding:
    """Read ganmend's .safetensors; a (dim,) or (K, dim) .npy; or a .bin, .pt or .safetensors dictionary of one tensor.

    Args:
        path: of the file, or hf:OWNER/REPO[/FILE].

    Raises:
        EmbeddingError: missing, broken, or of no usable shape.
        HubError: it is to be downloaded and cannot be.
    """
    path = fetch(parse_address(path), WANTED) if is_address(path) else Path(path)
    if not path.is_file():
        raise EmbeddingError(f"no embedding file at {path}")
    try:
        if path.suffix == ".npy":
            return _from_numpy(path)
        if path.suffix == ".safetensors":
            return _from_safetensors(path)
        return _from_dictionary(read_torch(path))
    except (UnreadableError, EmbeddingError) as error:
        raise EmbeddingError(f"{path}: {error}") from error


def _from_numpy(path: Path) -> ClassEmbedding:
    array = read_numpy(path)
    if array.dtype.kind != "f":
        raise EmbeddingError(f"the array is of {array.dtype}; expected floating-point numbers")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinity, and is refused as such
        return ClassEmbedding(torch.from_numpy(np.atleast_2d(array).astype(np.float32)))


def _from_safetensors(path: Path) -> ClassEmbedding:
    tensors, facts = read_safetensors(path)
    if "vectors" not in tensors:
        return _from_dictionary(tensors)
    details = parse_json(facts.get("details", "{}"))
    if not isinstance(details, dict):
        raise EmbeddingError("its details are no JSON object")
    return ClassEmbedding(
        _floats("vectors", tensors["vectors"]),
        _floats("latent_map", tensors["latent_map"]) if "latent_map" in tensors else None,
        facts.get("generator", ""),
        facts.get("target", ""),
        {key: str(value) for key, value in details.items()},
    )


def _from_dictionary(content: object) -> ClassEmbedding:
    """The one tensor of a dictionary, as textual inversion saves it: its name is the target."""
    if not isinstance(content, Mapping) or len(content) != 1:
        raise EmbeddingError(f"it holds {_described(content)}; expected 'vectors', or a dictionary of one tensor")
    ((name, tensor),) = content.items()
    vectors = _floats(str(name), tensor)
    return ClassEmbedding(vectors if vectors.dim() == 2 else vectors[None], target=str(name).strip("<>"))


def _floats(name: str, tensor: object) -> Tensor:
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.dim() not in (1, 2):
        raise EmbeddingError(f"{name!r:.80} is no (dim,) or (vectors, dim) floating-point tensor")
    return tensor.float()


def _check_finite(numbers: Tensor) -> None:
    if not numbers.isfinite().all():
        raise EmbeddingError("the embedding holds NaN or infinity; use another file or search again")


def _described(content: object) -> str:
    return (
        f"the tensors {sorted(map(str, content))[:3]!s:.200}"
        if isinstance(content, Mapping)
        else type(content).__name__
    )
