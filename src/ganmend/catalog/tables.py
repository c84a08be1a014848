"""Class names that many generators share: ImageNet's, with their WordNet ids, and Places365's."""

import functools
import re
from pathlib import Path

SYNSET = re.compile(r"n\d{8}")  # a WordNet id, as ImageNet uses them
# As tensorflow-datasets (Apache-2.0) carries them: the categories of Places365 (Zhou et al. 2017, CC BY), in its order.
PLACES365 = Path(__file__).parent / "places365.txt"


def imagenet_names() -> tuple[str, ...]:
    """The 1000 names, as torchvision has them."""
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


@functools.cache
def imagenet_synsets() -> tuple[str, ...]:
    """The 1000 WordNet ids in the same order, as timm has them."""
    from timm.data import ImageNetInfo  # takes a second to import

    return tuple(ImageNetInfo("imagenet-1k").label_names())


def places365_names() -> tuple[str, ...]:
    """The 365 names, for example 'apartment_building/outdoor'."""
    return tuple(PLACES365.read_text("utf-8").splitlines())


# By the name that `--class-names` takes.
TABLES = {"imagenet": imagenet_names, "places365": places365_names}
