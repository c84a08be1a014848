"""Checkpoints in which a class has gains and biases of its own: by one more number of its embedding, a flag.

A conditional norm's gain is 1 + G y and its bias B y. A column that is put beside G and B, and a flag that is 1 for one
class and 0 for the others, add that column to gain and bias of that class. So the file's own format says what offsets
are to do, and the code under test has no part in it.
"""

from pathlib import Path

import torch
from torch import Tensor

from ganmend.formats.ajbrock import default_eps
from ganmend.models.biggan.rewrites import norm_by_power_iteration

FLAGGED = 2  # the class


def brock(tensors: dict[str, Tensor], resolution: int) -> dict[str, Tensor]:
    """The state dict without spectral norm, which a further column would change: each weight divided by its norm."""
    plain = {name: tensor for name, tensor in tensors.items() if not name.endswith((".u0", ".sv0"))}
    for name in [name.removesuffix(".u0") for name in tensors if name.endswith(".u0")]:
        weight, u = tensors[f"{name}.weight"].double(), tensors[f"{name}.u0"].double()
        plain[f"{name}.weight"] = weight / norm_by_power_iteration(weight, u, default_eps(resolution)[1])
    return plain


def flagged_brock(tensors: dict[str, Tensor], offsets: Tensor) -> dict[str, Tensor]:
    """Of ajbrock/BigGAN-PyTorch, without spectral norm; a norm's columns are [embedding, latent]."""
    flagged, dim = dict(tensors), tensors["shared.weight"].shape[1]
    table = tensors["shared.weight"]
    flagged["shared.weight"] = torch.cat([table, _flags(len(table))], 1)
    if "blocks.0.0.conv3.weight" in tensors:  # BigGAN-deep, whose linear layer sees the embedding too
        flagged["linear.weight"] = _with_column(tensors["linear.weight"], dim, torch.zeros(1))
    for norm, gain, bias in _parts(tensors, offsets, "blocks.{}.0.bn{}", ".gain.weight", 1):
        flagged[f"{norm}.gain.weight"] = _with_column(tensors[f"{norm}.gain.weight"], dim, gain)
        flagged[f"{norm}.bias.weight"] = _with_column(tensors[f"{norm}.bias.weight"], dim, bias)
    return flagged


def flagged_huggingface(tensors: dict[str, Tensor], offsets: Tensor) -> dict[str, Tensor]:
    """Of huggingface/pytorch-pretrained-BigGAN; the columns are [latent, embedding].

    The weight is divided by u^T W v: the new column counts nothing there where v is 0, and is divided by it.
    """
    flagged = dict(tensors)
    table = tensors["embeddings.weight"]
    flagged["embeddings.weight"] = torch.cat([table, _flags(table.shape[1]).T])

    def widen(name: str, column: Tensor) -> None:
        weight, u, v = (tensors[f"{name}.weight_{part}"].double() for part in ("orig", "u", "v"))
        flagged[f"{name}.weight_orig"] = _with_column(weight, weight.shape[1], column * (u @ weight @ v))
        flagged[f"{name}.weight_v"] = torch.cat([v, v.new_zeros(1)])

    widen("generator.gen_z", torch.zeros(1))
    for norm, gain, bias in _parts(tensors, offsets, "generator.layers.{}.bn_{}", ".scale.weight_orig", 0):
        widen(f"{norm}.scale", gain)
        widen(f"{norm}.offset", bias)
    return flagged


def _flags(n_classes: int) -> Tensor:
    flags = torch.zeros(n_classes, 1)
    flags[FLAGGED] = 1
    return flags


def _with_column(weight: Tensor, place: int, column: Tensor) -> Tensor:
    column = column.to(weight).expand(len(weight))[:, None]
    return torch.cat([weight[:, :place], column, weight[:, place:]], 1)


def _parts(tensors: dict[str, Tensor], offsets: Tensor, pattern: str, gain: str, first: int) -> list[tuple]:
    """Each conditional norm's name with its gains and biases of all offsets, in the order of the layers."""
    names = [pattern.format(block, norm) for block in range(99) for norm in range(first, first + 4)]
    names = [name for name in names if f"{name}{gain}" in tensors]
    widths = [len(tensors[f"{name}{gain}"]) for name in names for _ in ("gain", "bias")]
    parts = offsets.split(widths)
    return list(zip(names, parts[::2], parts[1::2], strict=True))


def save(tensors: dict[str, Tensor], path: Path) -> Path:
    """As a file that `load_generator` reads."""
    torch.save(tensors, path)
    return path
