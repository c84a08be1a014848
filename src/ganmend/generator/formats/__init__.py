"""Foreign checkpoint formats: recognised from their tensors, read into the canonical generator."""

from collections.abc import Mapping

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.generator.formats import ajbrock


def recognise(tensors: Mapping[str, Tensor]) -> str:
    """The format's name.

    Raises:
        CheckpointError: saying what the file seems to be instead, and what to do.
    """
    if ajbrock.recognises(tensors):
        return ajbrock.NAME
    names = set(tensors)
    if "embed.weight" in names or tuple(tensors.get("linear.weight", Tensor()).shape)[:1] == (1,):
        raise CheckpointError("this is a discriminator; ganmend needs the generator's file (G.pth or G_ema.pth)")
    if ajbrock.TABLE not in names and any(name.endswith(("bn1.gain.weight", "bn1.embed.weight")) for name in names):
        raise CheckpointError(
            "this generator has no shared class embedding (its norms are indexed by class, as in SAGAN or SNGAN): "
            "there is no class vector to search; use a BigGAN trained with G_shared"
        )
    shown = ", ".join(sorted(names)[:3])
    raise CheckpointError(f"no known generator format: found tensors {shown}, ...; expected {ajbrock.NAME}")
