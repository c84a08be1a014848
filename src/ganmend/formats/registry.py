"""The checkpoint formats, and which of them a file is."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ganmend.errors import CheckpointError, OptionError
from ganmend.formats import ajbrock, huggingface, native, studiogan
from ganmend.formats.protocol import Format

# The first that recognises a file's tensors reads it.
FORMATS: tuple[Format, ...] = (
    ajbrock.FORMAT,
    huggingface.FORMAT,
    studiogan.FORMAT,
    native.FORMAT,
)


def weights_in(folder: Path) -> Path | None:
    """The weights in a folder that is a checkpoint; None where it is none."""
    names = [form.folder.weights for form in FORMATS if form.folder]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def recognise(tensors: Mapping[str, Tensor], wanted: str = "") -> Format:
    """The format of a checkpoint's tensors.

    Args:
        tensors: by name; only names, and the shapes of a discriminator's layers, are looked at.
        wanted: the name of a format, which overrides what the tensors say; '' for none.

    Returns:
        The format that reads them.

    Raises:
        CheckpointError: no known one; the message says what the file seems to be instead, and what to do.
        OptionError: no format is called `wanted`.
    """
    if wanted:
        named = {form.name: form for form in FORMATS}
        if wanted not in named:
            raise OptionError(f"unknown format {wanted!r}; expected one of {', '.join(named)}")
        return named[wanted]
    for form in FORMATS:
        if form.recognises(tensors):
            return form
    raise CheckpointError(_what_it_seems(tensors))


def _what_it_seems(tensors: Mapping[str, Tensor]) -> str:
    """What to tell of tensors that no format recognises."""
    if _is_discriminator(tensors):
        return "this is a discriminator; ganmend needs the generator's file (G.pth or G_ema.pth)"
    if "shared.weight" not in tensors and any(_is_norm_by_class(name) for name in tensors):
        return (
            "this generator has no shared class embedding (its norms are indexed by class, as in SAGAN or SNGAN): "
            "there is no class vector to search; use a BigGAN trained with G_shared"
        )
    shown = ", ".join(f"{name!r:.80}" for name in sorted(tensors)[:3])
    known = ", ".join(form.full_name for form in FORMATS)
    return f"no known generator format: found tensors {shown}, ...; expected one of {known}"


def _is_discriminator(tensors: Mapping[str, Tensor]) -> bool:
    outputs = tuple(tensors.get("linear.weight", tensors.get("linear1.weight_orig", Tensor())).shape)
    return "embed.weight" in tensors or "embedding.weight_orig" in tensors or outputs[:1] == (1,)


def _is_norm_by_class(name: str) -> bool:
    return name.endswith(("bn1.gain.weight", "bn1.embed.weight", "bn1.embed0.weight", "bn1.embed0.weight_orig"))
