"""robustness:MODEL@FILE: checkpoints of the robustness library, whose adversarially trained networks hold out better.

A search finds patterns that fool a plain network; these are fooled less (Engstrom et al. 2019; Santurkar et al. 2019).
The library writes its files through the package dill, with objects in them; they are read without it, see `Skipped`.
"""

from collections.abc import Iterator

from torch import Tensor

from ganmend.errors import ClassifierError
from ganmend.formats.finding import dictionaries
from ganmend.targets.sources.checkpoint import read_checkpoint
from ganmend.targets.sources.network_name import COLOURS, NetworkName
from ganmend.targets.sources.own_weights import own_parts
from ganmend.targets.sources.parts import IMAGENET_MEAN, IMAGENET_STD, NetworkParts
from ganmend.targets.sources.torchvision_networks import build, check_architecture


def robustness_parts(name: NetworkName, random_weights: str = "never") -> NetworkParts:
    """An adversarially trained classifier.

    Args:
        name: robustness:MODEL@FILE; the library's models for ImageNet are torchvision's.
        random_weights: not looked at: there are none but the file's.

    Returns:
        Its parts, with the normalisation that the file holds.

    Raises:
        ClassifierError: no file was given, or it is of another network.
    """
    check_architecture(name)
    if not name.file:
        raise ClassifierError(f"{name.base} has no published weights here; give the checkpoint as {name.base}@FILE")
    content = read_checkpoint(name.file)
    if any(key.endswith("model.linear.weight") for _, holder in dictionaries(content) for key in map(str, holder)):
        raise ClassifierError(
            f"{name.file} is of the robustness library's {name.model} for CIFAR, another architecture; save it as "
            "TorchScript, and give that file"
        )
    means, stds = (list(_colours(content, what)) for what in ("new_mean", "new_std"))
    return own_parts(
        name, lambda n_classes: build(name, n_classes), content=content, mean=(means or [IMAGENET_MEAN])[0],
        std=(stds or [IMAGENET_STD])[0],
    )  # fmt: skip


def _colours(content: object, what: str) -> Iterator[tuple[float, ...]]:
    """The three numbers of a normaliser, wherever the file has one: (3, 1, 1) each."""
    for _, holder in dictionaries(content):
        for key, value in holder.items():
            if str(key).endswith(f".{what}") and isinstance(value, Tensor) and value.numel() == COLOURS:
                yield tuple(value.flatten().tolist())
