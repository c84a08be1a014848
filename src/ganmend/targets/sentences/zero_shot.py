"""A model of images and texts as a classifier of named classes: 'clip:MODEL/WEIGHTS,classes=FILE'.

Each class is asked for by its name (zero-shot classification, Radford et al. 2021).
"""

from ganmend.catalog.source import names_in
from ganmend.errors import ClassifierError
from ganmend.targets.sentences.clip import PREFIX, load_clip
from ganmend.targets.sentences.prompts import captions, first_synonym
from ganmend.targets.sentences.text import LAST_LAYER, SentenceNetwork, embeddings, layers_to_match
from ganmend.targets.sources.network_name import NetworkName
from ganmend.targets.sources.parts import NetworkParts

MANY = 100  # classes, of which each is asked for by one caption: a text takes as long as a dozen images


def zero_shot_parts(name: NetworkName, _random_weights: str = "never") -> NetworkParts:
    """A classifier of the classes that a name lists.

    Args:
        name: with the setting 'classes'.
        _random_weights: not for these: see `load_classifier`.

    Returns:
        Its parts.

    Raises:
        ClassifierError: no classes are listed, or the model cannot be had.
        OptionError: the file of class names cannot be read.
    """
    names = names_in(name.settings.classes)
    if not names:
        raise ClassifierError(
            f"{name.base} compares images with texts and knows no classes by itself: give a sentence by --text, or a "
            f"file of class names: {PREFIX}MODEL/WEIGHTS,classes=FILE"
        )
    clip, most = load_clip(name.base), None if len(names) <= MANY else 1
    texts = [captions(first_synonym(one))[:most] for one in names]
    network = SentenceNetwork(clip.image_tower, embeddings(clip, texts), clip.scale)
    return NetworkParts(
        network, len(names), names, clip.resolution, clip.mean, clip.std, LAST_LAYER, network.digest(),
        matching_layers=layers_to_match(clip.image_tower),
    )  # fmt: skip
