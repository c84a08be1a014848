"""Checkpoint formats: recognised from their tensors, read into the canonical generator."""

from collections.abc import Mapping
from types import ModuleType

from torch import Tensor

from ganmend.errors import CheckpointError, OptionError
from ganmend.formats import ajbrock, huggingface, native, studiogan

# By the name that `--format` takes.
FORMATS: dict[str, ModuleType] = {
    "ajbrock": ajbrock,
    "huggingface": huggingface,
    "studiogan": studiogan,
    "ganmend": native,
}


def recognise(tensors: Mapping[str, Tensor], wanted: str = "") -> ModuleType:
    """The module that reads these tensors; `wanted` overrides what their names say.

    Raises:
        CheckpointError: saying what the file seems to be instead, and what to do.
        OptionError: no such format.
    """
    if wanted:
        if wanted not in FORMATS:
            raise OptionError(f"unknown format {wanted!r}; expected one of {', '.join(FORMATS)}")
        return FORMATS[wanted]
    for module in FORMATS.values():
        if module.recognises(tensors):
            return module
    names = set(tensors)
    if _is_discriminator(tensors):
        raise CheckpointError("this is a discriminator; ganmend needs the generator's file (G.pth or G_ema.pth)")
    if "shared.weight" not in names and any(_is_norm_by_class(name) for name in names):
        raise CheckpointError(
            "this generator has no shared class embedding (its norms are indexed by class, as in SAGAN or SNGAN): "
            "there is no class vector to search; use a BigGAN trained with G_shared"
        )
    shown = ", ".join(f"{name!r:.80}" for name in sorted(names)[:3])
    known = ", ".join(module.NAME for module in FORMATS.values())
    raise CheckpointError(f"no known generator format: found tensors {shown}, ...; expected one of {known}")


def _is_discriminator(tensors: Mapping[str, Tensor]) -> bool:
    outputs = tuple(tensors.get("linear.weight", tensors.get("linear1.weight_orig", Tensor())).shape)
    return "embed.weight" in tensors or "embedding.weight_orig" in tensors or outputs[:1] == (1,)


def _is_norm_by_class(name: str) -> bool:
    return name.endswith(("bn1.gain.weight", "bn1.embed.weight", "bn1.embed0.weight", "bn1.embed0.weight_orig"))
