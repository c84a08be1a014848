"""The embedding file: safetensors with one or several vectors, an optional latent map, and where they came from."""

import json
import os
import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import EmbeddingError, OutputError
from ganmend.hub import Wanted, fetch, is_address, parse_address
from ganmend.unpickling import load_plain

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
    path = (
        fetch(parse_address(path), Wanted("embedding", FILE_NAME, EMBEDDING_SUFFIXES))
        if is_address(path)
        else Path(path)
    )
    if not path.is_file():
        raise EmbeddingError(f"no embedding file at {path}")
    try:
        if path.suffix == ".npy":
            return _from_numpy(path)
        if path.suffix == ".safetensors":
            return _from_safetensors(path)
        return _from_dictionary(load_plain(path), path)
    except (
        SafetensorError,
        pickle.UnpicklingError,
        ValueError,
        EOFError,
        OSError,
        RuntimeError,
        struct.error,
    ) as error:
        raise EmbeddingError(f"{path} is no embedding file that can be read ({first_line(error)})") from error


def _from_numpy(path: Path) -> ClassEmbedding:
    array = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise EmbeddingError(f"{path} is an archive of arrays; expected one array (dim,) or (vectors, dim)")
    if array.dtype.kind != "f":
        raise EmbeddingError(f"{path} holds {array.dtype}; expected floating-point numbers")
    return ClassEmbedding(torch.from_numpy(np.atleast_2d(array).astype(np.float32)))


def _from_safetensors(path: Path) -> ClassEmbedding:
    with safe_open(path, "pt") as file:
        facts = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if "vectors" not in tensors:
        return _from_dictionary(tensors, path)
    return ClassEmbedding(
        tensors["vectors"].float(),
        tensors.get("latent_map"),
        facts.get("generator", ""),
        facts.get("target", ""),
        json.loads(facts.get("details", "{}")),
    )


def _from_dictionary(content: object, path: Path) -> ClassEmbedding:
    """The one tensor of a dictionary, as textual inversion saves it: its name is the target."""
    if not isinstance(content, Mapping) or len(content) != 1:
        raise EmbeddingError(f"{path} holds {_described(content)}; expected 'vectors', or a dictionary of one tensor")
    ((name, tensor),) = content.items()
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.dim() not in (1, 2):
        raise EmbeddingError(f"{path} holds {name!r}, which is no (dim,) or (vectors, dim) floating-point tensor")
    return ClassEmbedding(tensor.detach().float().reshape(-1, tensor.shape[-1]), target=str(name).strip("<>"))


def _described(content: object) -> str:
    return f"the tensors {sorted(map(str, content))[:3]}" if isinstance(content, Mapping) else type(content).__name__


def first_line(error: BaseException) -> str:
    """What an error says, without the pages that some add."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
