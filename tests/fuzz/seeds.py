"""Whole files to begin from: every format that is read, tiny, cut from the fixtures that the formats' code wrote."""

import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.formats import native
from ganmend.metrics.gaussian import Gaussian
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from tests.conftest import FIXTURES

HF = FIXTURES / "hf_biggan_deep_64"
# By how much a fixture's channels are cut; attention needs 8 of them, the last layer of the Hugging Face format 3.
FACTORS = {
    "brock_biggan_32": 8,
    "brock_biggan_128": 2,
    "brock_biggan_deep_64": 4,
    "studiogan_big_resnet_32": 8,
    "studiogan_big_resnet_deep_legacy_32": 4,
    "studiogan_big_resnet_deep_studiogan_32": 4,
}
# What the norms see: the embedding (128 to 4), a part of the latent (20 to 2), or both.
CONDITIONS = {128: 4, 256: 8, 148: 6, 20: 2}
CLASSES = (10, 12, 20)


@dataclass(frozen=True)
class Seed:
    """A file `name` of `raw` bytes, and the files that must stand beside it; `opened` is the one that is read.

    `content` is what it holds, decoded: tensors, perhaps below `state_dict`; `facts` a safetensors file's metadata.
    """

    format: str
    name: str
    raw: bytes
    content: Any = None
    facts: dict[str, str] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)
    opened: str = ""


def encoded(name: str, content: Any, facts: dict[str, str], older: bool = False) -> bytes:
    """The file of that name, as its format's own library writes it."""
    if name.endswith(".safetensors"):
        return steady(save(content, facts))
    stream = io.BytesIO()
    if name.endswith(".npy"):
        np.save(stream, content)
    else:
        torch.save(content, stream, _use_new_zipfile_serialization=not older)
    return stream.getvalue()


def steady(raw: bytes) -> bytes:
    """A safetensors file with its metadata in order: the library writes it in another one in each process."""
    end = 8 + int.from_bytes(raw[:8], "little")
    header, _ = json.JSONDecoder().raw_decode(raw[8:end].decode())
    header["__metadata__"] = dict(sorted(header.get("__metadata__", {}).items()))
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + raw[end:]


def tiny_seeds() -> list[Seed]:
    """Files of 100 bytes to 400 kB."""
    return [*_checkpoints(), *_ganmend(), *_embeddings(), *_statistics()]


def whole_fixtures() -> list[Seed]:
    """Files of 0.5 to 5 MB."""
    paths = [FIXTURES / f"{name}.pth" for name in FACTORS]
    seeds = [Seed("whole fixtures", path.name, path.read_bytes(), _loaded(path)) for path in paths]
    weights, config = HF / "pytorch_model.bin", (HF / "config.json").read_bytes()
    beside = {"config.json": config}
    return [*seeds, Seed("whole fixtures", weights.name, weights.read_bytes(), _loaded(weights), beside=beside)]


def _loaded(path: Path) -> Any:
    return torch.load(path, weights_only=False)


def _checkpoints() -> Iterator[Seed]:
    for name, factor in FACTORS.items():
        content = _loaded(FIXTURES / f"{name}.pth")
        tensors = {key: _cut(tensor, factor) for key, tensor in content.get("state_dict", content).items()}
        whole = content | {"state_dict": tensors, "best_fid": np.float64(7.5)} if "state_dict" in content else tensors
        yield _torch_seed("G.pth", whole)
        yield _torch_seed("G.pth", whole, older=True)
        yield Seed("checkpoint .safetensors", "G.safetensors", steady(save(tensors)), tensors)
    name, config = "pytorch_model.bin", json.loads((HF / "config.json").read_text())
    config |= {"z_dim": 4, "channel_width": config["channel_width"] // 2, "n_stats": 3}
    text = json.dumps(config).encode()
    tensors = {key: _cut_huggingface(key, tensor) for key, tensor in _loaded(HF / name).items()}
    yield _torch_seed(name, tensors, {"config.json": text})
    yield _torch_seed(name, tensors, {"config.json": text}, older=True)
    yield Seed("config.json", "config.json", text, beside={name: encoded(name, tensors, {})}, opened=name)


def _torch_seed(name: str, content: Any, beside: dict[str, bytes] | None = None, older: bool = False) -> Seed:
    format = "PyTorch, older format" if older else "PyTorch archive"
    return Seed(format, name, encoded(name, content, {}, older), content, beside=beside or {})


def _cut(tensor: Tensor, factor: int) -> Tensor:
    """The first channels, and of a matrix the first columns of each condition."""
    sizes = list(tensor.shape)
    for axis, size in enumerate(sizes[:2]):
        columns = len(sizes) == 2 and axis == 1 and sizes[0] > 1
        seen = size in CONDITIONS and (columns or (len(sizes) == 1 and size != 128))
        if seen:
            sizes[axis] = CONDITIONS[size]
        elif size != 3 and not (len(sizes) == 2 and axis == 0 and size in CLASSES):
            sizes[axis] = max(1, size // factor)
    return tensor[tuple(slice(size) for size in sizes)].clone()


def _cut_huggingface(name: str, tensor: Tensor) -> Tensor:
    """Its class table stands on its side; its statistics have a row for each truncation."""
    if name == "embeddings.weight":
        return tensor[:4].clone()
    return tensor[:3, : tensor.shape[1] // 2].clone() if ".running_" in name else _cut(tensor, 2)


def _ganmend() -> Iterator[Seed]:
    with tempfile.TemporaryDirectory() as folder:
        for seed in _checkpoints():
            if seed.format == "PyTorch archive" and not seed.beside:
                path, out = Path(folder) / seed.name, Path(folder) / "G.safetensors"
                path.write_bytes(seed.raw)
                for compact in (False, True):
                    native.write_generator(load_generator(path), out, "a fixture", compact=compact)
                    yield _safetensors_seed("ganmend .safetensors", out)


def _safetensors_seed(format: str, path: Path) -> Seed:
    raw = steady(path.read_bytes())
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    return Seed(format, path.name, raw, load(raw), header.get("__metadata__", {}))


def _embeddings() -> Iterator[Seed]:
    for dtype, shape in ((np.float32, (1, 8)), (np.float32, (8,)), (np.float64, (3, 8)), (np.float16, (40, 128))):
        array = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape).astype(dtype)
        yield Seed("embedding .npy", "e.npy", encoded("e.npy", array, {}), array)
    vectors = torch.linspace(-1, 1, 24).reshape(3, 8)
    for name in ("e.bin", "e.pt"):
        for older in (False, True):
            content = {"<bird>": vectors[0]}
            yield Seed("embedding .bin, .pt", name, encoded(name, content, {}, older), content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.safetensors"
        for latent_map in (None, torch.eye(4)):
            ClassEdit(
                vectors, latent_map, generator="0123456789abcdef", target="bird", details={"preset": "paper"}
            ).save(path)
            yield _safetensors_seed("embedding .safetensors", path)
    yield Seed(
        "embedding .safetensors", "e.safetensors", steady(save({"<bird>": vectors[:1]})), {"<bird>": vectors[:1]}
    )


def _statistics() -> Iterator[Seed]:
    features = torch.linspace(-1, 1, 30).reshape(5, 6).double()
    reference = ClassReference(Gaussian(features.mean(0), features.T.cov(), 5), features.float())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statistics.safetensors"
        ReferenceStatistics({"bird": reference, "cat": reference}, "0123456789abcdef", "a folder").save(path)
        yield _safetensors_seed("statistics", path)
