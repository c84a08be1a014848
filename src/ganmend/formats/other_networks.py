"""What a file of tensors is that holds no generator of ours: named, so that a user knows what to do."""

from collections.abc import Collection, Mapping, Sequence

from torch import Tensor

OF_AN_EDIT = {"vectors", "offsets", "latent_map", "weights"}  # as edits/edit_file.py writes them
NEEDED = "ganmend needs the generator's file (G.pth or G_ema.pth)"


def what_it_seems(
    content: Mapping[str, object], holders: Sequence[tuple[Collection[str], Mapping[str, Tensor]]]
) -> str:
    """What to tell of content in which no format recognises a generator.

    Args:
        content: of the file.
        holders: the dictionaries of tensors in it, each with the keys that lead there.

    Returns:
        What it seems to be and what to do, going on from the file's name.
    """
    if not holders:
        if _is_optimiser(content) or any(_is_optimiser(value) for value in content.values()):
            return f"holds an optimiser's state, no network; {NEEDED}"
        shown = ", ".join(f"{key!r:.40}" for key in list(content)[:5])
        return f"is no state dict: it holds {shown}, but no tensors by name; {NEEDED}"
    tensors = _without_prefix(max((holder for _, holder in holders), key=len))
    if _is_discriminator(tensors):
        return f"holds a discriminator; {NEEDED}"
    if "vectors" in tensors and set(tensors) <= OF_AN_EDIT:
        return "holds a class edit, no generator; give the generator's file or name first, then the edit"
    if told := _of_norms(tensors):
        return told
    shown = ", ".join(f"{name!r:.80}" for name in sorted(tensors)[:3])
    return (
        f"holds no known generator format: found tensors {shown}, ...; expected a BigGAN of ajbrock/BigGAN-PyTorch, "
        "PyTorch-StudioGAN, huggingface/pytorch-pretrained-BigGAN or ganmend"
    )


def _without_prefix(holder: Mapping[str, object]) -> dict[str, Tensor]:
    """Its tensors by their names, without what all names begin with."""
    named = {key: value for key, value in holder.items() if type(key) is str and isinstance(value, Tensor)}
    first, last = min(named), max(named)  # what these two begin with, all names between them begin with
    same = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    start = first.rfind(".", 0, same) + 1
    return {name[start:]: tensor for name, tensor in named.items()}


def _is_optimiser(content: object) -> bool:
    return isinstance(content, Mapping) and {"state", "param_groups"} <= set(content)


def _is_discriminator(tensors: Mapping[str, Tensor]) -> bool:
    outputs = tuple(tensors.get("linear.weight", tensors.get("linear1.weight_orig", Tensor())).shape)
    return "embed.weight" in tensors or "embedding.weight_orig" in tensors or outputs[:1] == (1,)


def _of_norms(tensors: Mapping[str, Tensor]) -> str:
    """What to tell of a generator without a class table, by its norms; '' where it has none that take a class.

    Args:
        tensors: by name.

    Returns:
        Whether it never had a table, or lacks it.
    """
    if "shared.weight" in tensors:
        return ""
    for name, gain in tensors.items():
        if name.endswith(("bn1.embed.weight", "bn1.embed0.weight", "bn1.embed0.weight_orig")):
            return BY_CLASS
        if name.endswith(("bn1.gain.weight", "bn1.gain.weight_orig")) and gain.dim() == 2:
            # By class: a row a class. Of an embedding: a row a channel, as many as the convolution after it takes.
            block = name.partition("bn1.")[0]
            after = tensors.get(f"{block}conv1.weight", tensors.get(f"{block}conv2d1.weight_orig"))
            by_channel = after is not None and after.dim() == 4 and len(gain) == after.shape[1] != gain.shape[1]
            return LACKS if by_channel else BY_CLASS
    return ""


BY_CLASS = (
    "holds a generator that has no shared class embedding (its norms are indexed by class, as in SAGAN or SNGAN): "
    "there is no class vector to search; use a BigGAN trained with G_shared"
)
LACKS = "holds a generator that lacks the tensor 'shared.weight', its class table: it is incomplete; save all of it"
