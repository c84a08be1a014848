"""torchvision:MODEL and torchvision:MODEL@FILE: networks that torchvision knows by name."""

import hashlib
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ganmend.errors import ClassifierError
from ganmend.targets.sources.checkpoint import weights_path
from ganmend.targets.sources.last_layer import last_layer
from ganmend.targets.sources.network_name import NetworkName
from ganmend.targets.sources.own_weights import own_parts
from ganmend.targets.sources.parts import NetworkParts

HASH = 8  # hexadecimal digits at least, that tell a file


def torchvision_parts(name: NetworkName, random_weights: str = "never") -> NetworkParts:
    """A classifier of torchvision, with its published weights or a user's.

    Args:
        name: torchvision:MODEL or torchvision:MODEL@FILE.
        random_weights: in place of published ones: 'always', or where they are 'absent'; see `load_classifier`.

    Returns:
        Its parts. Published weights are known by their address, so that statistics made by an earlier ganmend fit.

    Raises:
        ClassifierError: no such network, or weights that cannot be had.
    """
    import torchvision

    check_architecture(name)
    weights = torchvision.models.get_model_weights(name.model).DEFAULT
    preset = weights.transforms()
    if name.file:
        parts = own_parts(
            name, lambda n_classes: build(name, n_classes), resolution=preset.crop_size[0], mean=preset.mean,
            std=preset.std, family=_family(name.model),
        )  # fmt: skip
        addresses = [one.url for one in torchvision.models.get_model_weights(name.model)]
        return replace(parts, weights=published_digest(name.file, addresses) or parts.weights)
    stored = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    if str(stored).startswith("~"):  # torch would make a folder of that name here
        raise ClassifierError(
            f"the weights of {name.base} need a place, and this user has no home; set HOME or TORCH_HOME"
        )
    anew = random_weights == "always" or (random_weights == "absent" and not stored.is_file())
    try:
        network = torchvision.models.get_model(name.model, weights=None if anew else weights)
    except OSError as error:
        raise ClassifierError(
            f"the weights of {name.base} are not in the cache and cannot be downloaded: {error}; give a file of them "
            f"as {name.base}@FILE"
        ) from error
    return NetworkParts(
        network,
        len(weights.meta["categories"]),
        tuple(weights.meta["categories"]),
        preset.crop_size[0],
        tuple(preset.mean),
        tuple(preset.std),
        last_layer(network),
        "random" if anew else _digest_of(weights.url),
        "" if anew else _family(name.model),
        "ImageNet's",
    )


def check_architecture(name: NetworkName) -> None:
    """Refuse what torchvision has no classifier of.

    Args:
        name: whose model is looked for.

    Raises:
        ClassifierError: so.
    """
    import torchvision

    # Those that classify images; segmentation, detection, video and so on stand in modules of their own.
    if name.model.lower() not in torchvision.models.list_models(module=torchvision.models):
        raise ClassifierError(f"torchvision has no classifier {name.model!r}; try alexnet, resnet50 or inception_v3")


def build(name: NetworkName, n_classes: int | None) -> nn.Module:
    """A network of torchvision's with random weights.

    Args:
        name: whose model and image size are taken; only vision transformers are built for a size.
        n_classes: how many logits it gives; None for ImageNet's 1000.

    Returns:
        The network.
    """
    import torchvision

    options: dict[str, int] = {} if n_classes is None else {"num_classes": n_classes}
    if name.settings.size and name.model.lower().startswith("vit"):
        options["image_size"] = name.settings.size
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of how Inception's weights begin
        network: nn.Module = torchvision.models.get_model(name.model, weights=None, **options)
    return network


def _family(model: str) -> str:
    """The module that a network stands in, such as 'resnet', where relatives stand too."""
    import torchvision

    return str(torchvision.models.get_model_builder(model).__module__.rpartition(".")[2])


def _digest_of(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def published_digest(file: str, addresses: Iterable[str]) -> str:
    """What stands for published weights, where a user's file is such a file.

    Args:
        file: that the user gave.
        addresses: of the published ones; torchvision puts the first digits of a file's SHA-256 into its name.

    Returns:
        The digest of the address, or '' where it is another file.
    """
    digest = hashlib.sha256(weights_path(file).read_bytes()).hexdigest()
    for address in addresses:
        start = Path(address).stem.rpartition("-")[2]
        if len(start) >= HASH and digest.startswith(start):
            return _digest_of(address)
    return ""
