"""places365:MODEL: networks trained on 365 kinds of places (Zhou et al. 2017), as CSAILVision gives them."""

from pathlib import Path

import torch

from ganmend.catalog.tables import places365_names
from ganmend.errors import ClassifierError, HubError
from ganmend.hub.download import fetch_urls
from ganmend.targets.sources.class_list import PLACES365_CLASSES
from ganmend.targets.sources.network_name import NetworkName
from ganmend.targets.sources.own_weights import own_parts
from ganmend.targets.sources.parts import NetworkParts
from ganmend.targets.sources.torchvision_networks import build

MODELS = ("resnet18", "resnet50", "alexnet")
ADDRESS = "http://places2.csail.mit.edu/models_places365/{model}_places365.pth.tar"


def places365_parts(name: NetworkName, random_weights: str = "never") -> NetworkParts:
    """A classifier of places.

    Args:
        name: places365:MODEL, whose file is downloaded into PyTorch's cache where it is not there, or
            places365:MODEL@FILE.
        random_weights: not looked at: there are none but the file's.

    Returns:
        Its parts, with the names of the 365 categories.

    Raises:
        ClassifierError: another model, or a file of another network or another number of classes.
        HubError: the file cannot be had.
    """
    if name.model not in MODELS:
        raise ClassifierError(
            f"no classifier {name.base:.80}; expected {', '.join(f'places365:{one}' for one in MODELS)}"
        )
    file = name.file or str(_downloaded(name))
    parts = own_parts(
        name, lambda n_classes: build(name, n_classes), file=file, family=name.model.rstrip("0123456789"),
        photographs="Places365's", names=places365_names(),
    )  # fmt: skip
    if parts.n_classes != PLACES365_CLASSES and not name.settings.classes:
        raise ClassifierError(
            f"{file} has {parts.n_classes} classes; Places365 has {PLACES365_CLASSES}: give it as "
            f"torchvision:{name.model}@FILE"
        )
    return parts


def _downloaded(name: NetworkName) -> Path:
    """The file of the published weights; only our own reader opens it, so that what the address gives runs no code.

    Args:
        name: places365:MODEL.

    Returns:
        Its path in PyTorch's cache.

    Raises:
        ClassifierError: this user has no home.
        HubError: it is not there, and cannot be had.
    """
    address, place = ADDRESS.format(model=name.model), Path(torch.hub.get_dir()) / "checkpoints"
    file = address.rpartition("/")[2]
    if not (place / file).is_file():
        if str(place).startswith("~"):  # torch would make a folder of that name here
            raise ClassifierError(
                f"the weights of {name.base} need a place, and this user has no home; set HOME or TORCH_HOME"
            )
        try:
            fetch_urls({file: address}, place)
        except HubError as error:
            raise HubError(f"{name.base}: {error}") from error
    return place / file
