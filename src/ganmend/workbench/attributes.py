"""The networks of a balance: one tells attributes apart for the search, another counts them for the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from ganmend.catalog.names import knows_class
from ganmend.errors import ClassifierError, ImageFolderError, OptionError
from ganmend.metrics.shares import AttributeCounter
from ganmend.photographs.find import find_pictures
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress, ignore
from ganmend.search.attributes import WishedShares
from ganmend.targets.classifier import Classifier
from ganmend.targets.probe import fit_probe, recognised
from ganmend.targets.sentences.clip import DEFAULT
from ganmend.targets.sentences.text import sentence_target
from ganmend.targets.together import Together
from ganmend.workbench.balance import CLASS, Balance
from ganmend.workbench.seen_photographs import matching_features

FEWEST = 5  # photographs of an attribute
ABOVE_CHANCE = 0.3  # of the way from guessing to certainty, that a network must tell attributes apart


@dataclass(frozen=True)
class Told:
    """Attributes as a network tells them apart.

    Attributes:
        classifier: the network, or a probe on it.
        indices: of its classes, one an attribute.
        accuracy: in [0, 1], on photographs that a probe was not fitted on, the attributes counting alike; else None.
    """

    classifier: Classifier
    indices: tuple[int, ...]
    accuracy: float | None = None


def refuse_wrong_attributes(balance: Balance, network: Classifier | None) -> None:
    """Refuse folders without photographs and classes that the network does not know, before any work.

    Args:
        balance: that is asked for.
        network: that tells the attributes apart in the search; None where it is not known yet.

    Raises:
        ClassNameError: no such class.
        ImageFolderError: no such folder, or too few photographs in it.
        OptionError: two attributes are the same class.
    """
    for name, folder in balance.folders.items():
        if (n := len(find_pictures(folder).paths)) < FEWEST:
            raise ImageFolderError(
                f"{folder} holds {n} photographs of the attribute {name}; expected at least {FEWEST}, better 50"
            )
    if network is not None and balance.classes:
        _indices(balance, network)


def sentences_told_by(model: str, balance: Balance) -> Classifier:
    """A model of images and texts that tells a balance's sentences apart.

    Args:
        model: its name, or '' for the usual one.
        balance: whose attributes are sentences.

    Returns:
        A classifier, the sentences its first classes, in order.

    Raises:
        ClassifierError: the model cannot be had.
        OptionError: a sentence is empty.
    """
    first, *others = balance.sentences.values()
    return sentence_target(first, others, model=model or DEFAULT)


def wished_shares(
    balance: Balance, network: Classifier, resolution: int, on_progress: OnProgress = ignore
) -> WishedShares:
    """What a search asks for.

    Args:
        balance: the attributes and their shares.
        network: tells them apart, on the generator's device and in the search's precision.
        resolution: the generator's, to which photographs are brought first.
        on_progress: called while folders are read, stage 'reading'.

    Returns:
        The shares, and what tells the attributes apart.

    Raises:
        ClassifierError: it cannot tell the photographs apart.
        ClassNameError: it does not know a class.
        ImageFolderError: no photographs.
        OptionError: two attributes are the same class.
    """
    told = tell_apart(balance, network, resolution, on_progress)
    chance = 1 / len(balance.names)
    if told.accuracy is not None and told.accuracy < chance + ABOVE_CHANCE * (1 - chance):
        raise ClassifierError(
            f"a probe on {network.name} names {told.accuracy:.0%} of the photographs of {' and '.join(balance.names)} "
            f"rightly that it was not fitted on, guessing {chance:.0%}; give clearer or more photographs, or another "
            "network (--balance-by)"
        )
    return WishedShares(told.classifier, told.indices, balance.wished, balance.weight, balance.sureness_weight)


def attribute_counter(
    balance: Balance,
    judges: Sequence[Classifier],
    guide: Classifier,
    resolution: int,
    on_progress: OnProgress = ignore,
) -> AttributeCounter:
    """What counts attributes for a verdict.

    Args:
        balance: the attributes.
        judges: of which the first that knows them counts; where none does, the search's network.
        guide: the network that tells them apart in the search.
        resolution: the generator's.
        on_progress: called while folders are read, stage 'reading'.

    Returns:
        The network that counts, and whether it is the search's own.

    Raises:
        ImageFolderError: no photographs.
    """
    if balance.classes:  # by name: another network's classes have other numbers
        known = [CLASS + guide.class_names[index] for index in _indices(balance, guide)]
        balance = replace(balance, attributes=dict(zip(balance.names, known, strict=True)))
    if balance.sentences:  # no judge knows these: a model of images and texts counts, or nobody else
        judges = [judge for judge in judges if judge.class_names == guide.class_names]
    network = next((judge for judge in judges if _knows(judge, balance)), guide)
    told = tell_apart(balance, network, resolution, on_progress)
    guided = network.weights == guide.weights
    return AttributeCounter(balance.names, told.classifier, told.indices, told.accuracy, guided)


def tell_apart(balance: Balance, network: Classifier, resolution: int, on_progress: OnProgress = ignore) -> Told:
    """How a network tells the attributes apart: by its own classes or sentences, or by a probe fitted on photographs.

    Args:
        balance: the attributes.
        network: that is asked.
        resolution: the generator's.
        on_progress: called while folders are read, stage 'reading'.

    Returns:
        A classifier that knows them.

    Raises:
        ClassNameError: the network does not know a class.
        ImageFolderError: no photographs.
        OptionError: two attributes are the same class.
    """
    if balance.classes:
        return Told(network, _indices(balance, network))
    if balance.sentences:
        return Told(network, tuple(range(len(balance.names))))
    if isinstance(network, Together):  # each has its own preprocessing: the first one's features do
        network = network.members[0]
    features = {name: _features(network, folder, resolution, on_progress) for name, folder in balance.folders.items()}
    shares = [one.share for one in recognised(features)]
    probe = fit_probe(network, features, layers=network.matching_layers)
    return Told(probe, tuple(range(len(features))), sum(shares) / len(shares))


def _knows(network: Classifier, balance: Balance) -> bool:
    return all(knows_class(name, network.class_names) for name in balance.classes.values())


def _indices(balance: Balance, network: Classifier) -> tuple[int, ...]:
    found = tuple(network.index_of(name) for name in balance.classes.values())
    if len(set(found)) < len(found):
        said = ", ".join(balance.names)
        raise OptionError(f"two of the attributes {said:.80} are one class of {network.name}; give each another")
    return found


def _features(network: Classifier, folder: Path, resolution: int, on_progress: OnProgress) -> Tensor:
    """The network's matching features (M, F): its fine layers too, since a last layer has learnt to forget colour."""
    return matching_features(network, Photographs(folder, resolution), on_progress).to(torch.float32)
