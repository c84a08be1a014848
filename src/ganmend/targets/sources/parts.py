"""What makes a classifier of a network, whatever source it comes from."""

import hashlib
from dataclasses import dataclass, replace

from torch import nn

from ganmend.targets.classifier import Classifier
from ganmend.targets.sources.class_list import names_for
from ganmend.targets.sources.network_name import NetworkName, Settings

SIZE = 224  # height and width of images that most networks take where nothing else is said, in pixels
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's photographs, in [0, 1]


@dataclass(frozen=True)
class NetworkParts:
    """A network, and what is known of it before a user's settings.

    Attributes:
        network: images (N, 3, H, W), normalised -> logits (N, n_classes).
        n_classes: how many logits it gives.
        class_names: one a logit; () where nothing says them.
        resolution: height and width of the images that it takes, in pixels.
        mean: of the images in [0, 1] that it was trained on, by colour.
        std: of the same.
        feature_layer: name of the last layer, whose input serves as features.
        weights: a digest of its weights, the same whatever file they are in.
        family: of its architecture, '' where that is not known; see `Classifier`.
        photographs: that it was trained on, likewise.
        matching_layers: names of layers to compare images in; None finds them.
    """

    network: nn.Module
    n_classes: int
    class_names: tuple[str, ...]
    resolution: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    feature_layer: str
    weights: str
    family: str = ""
    photographs: str = ""
    matching_layers: tuple[str, ...] | None = None


def assemble(name: NetworkName, parts: NetworkParts) -> Classifier:
    """The classifier of a network and a user's settings.

    Args:
        name: that the user typed, with the settings.
        parts: the network.

    Returns:
        The classifier; another size or normalisation than the network's own makes another fingerprint, since features
        then differ. What stands before the dot of it tells the weights alone, see `Classifier.weights`.

    Raises:
        ClassifierError: the class names do not fit the network.
        OptionError: they cannot be read.
    """
    wanted = _with(parts, name.settings)
    prepared = (wanted.resolution, wanted.mean, wanted.std)
    fingerprint = wanted.weights
    if prepared != (parts.resolution, parts.mean, parts.std):
        fingerprint += f".{hashlib.sha256(repr(prepared).encode()).hexdigest()[:8]}"
    return Classifier(
        wanted.network,
        name=name.text,
        fingerprint=fingerprint,
        class_names=names_for(name, wanted.class_names, wanted.n_classes),
        resolution=wanted.resolution,
        mean=wanted.mean,
        std=wanted.std,
        feature_layer=wanted.feature_layer,
        matching_layers=wanted.matching_layers,
        family=wanted.family,
        photographs=wanted.photographs,
    )


def _with(parts: NetworkParts, settings: Settings) -> NetworkParts:
    return replace(
        parts,
        resolution=settings.size or parts.resolution,
        mean=tuple(map(float, settings.mean or parts.mean)),
        std=tuple(map(float, settings.std or parts.std)),
    )
