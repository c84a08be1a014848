"""The tensors of a network in what a file holds: under any keys, behind any prefix, with any head."""

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganmend.errors import UnreadableError
from ganmend.formats.finding import dictionaries
from ganmend.formats.naming import is_average
from ganmend.targets.sources.checkpoint import plain_names, what_it_holds

COUNTERS = ("num_batches_tracked", "total_ops", "total_params")  # no network needs them; two are a profiler's
LEAST_SHARE = 0.5  # of a network's tensors, else the file holds another one


@dataclass(frozen=True)
class State:
    """What a file has of a network.

    Attributes:
        tensors: by the network's names.
        extra: names of those that stand among them and that the network does not have.
    """

    tensors: dict[str, Tensor]
    extra: list[str]


def find_state(network: nn.Module, content: object, last: str) -> State:
    """The tensors of a network in what a file holds.

    Args:
        network: whose names are looked for.
        content: of the file.
        last: name of the layer that classifies, which the file may call otherwise within its place.

    Returns:
        Those that stand under most of the network's names; of equals those of an average (EMA), else the first.

    Raises:
        UnreadableError: there are too few; the message goes on from the file's name.
    """
    own = network.state_dict().keys()
    best, tensors = (0, False), dict[str, Tensor]()
    for path, holder in dictionaries(content):
        names = plain_names(holder)
        for prefix, found in Counter(prefix for name in names for prefix in _prefixes(name, own)).items():
            rank = (found, is_average(".".join((*path, prefix))))
            if rank > best:
                best = rank
                tensors = {
                    name.removeprefix(prefix): holder[key] for name, key in names.items() if name.startswith(prefix)
                }
    if best[0] < LEAST_SHARE * len(own):
        raise UnreadableError(what_it_holds(content))
    tensors = _with_head(tensors, own, last)
    extra = [name for name in tensors if name not in own and not name.endswith(COUNTERS)]
    return State({name: tensor for name, tensor in tensors.items() if name in own}, extra)


def weights_digest(network: nn.Module) -> str:
    """16 hexadecimal digits of a network's numbers, the same whatever its tensors are called.

    Args:
        network: on the CPU.

    Returns:
        A hash over the shapes and bytes of all tensors, counters aside.
    """
    tensors = (tensor for name, tensor in network.state_dict().items() if not name.endswith(COUNTERS))
    return hashlib.sha256(b"".join(sorted(map(_digest, tensors)))).hexdigest()[:16]


def _digest(tensor: Tensor) -> bytes:
    values = tensor.detach().contiguous()
    digest = hashlib.sha256(f"{tuple(values.shape)} {values.dtype}".encode())
    digest.update(values.reshape(-1).view(torch.uint8).numpy().data)  # (...) -> (bytes,)
    return digest.digest()


def _prefixes(name: str, own: Collection[str]) -> list[str]:
    """What may stand before the network's names in a file's name: nothing, or all up to one of its dots."""
    starts = [0, *(place + 1 for place, letter in enumerate(name) if letter == ".")]
    return [name[:start] for start in starts if name[start:] in own]


def _with_head(tensors: dict[str, Tensor], own: Collection[str], last: str) -> dict[str, Tensor]:
    """The tensors, the last layer's by the network's name where a user put one linear layer in its place.

    Args:
        tensors: by name.
        own: the network's names.
        last: name of its last layer, for example 'classifier.1' or 'fc'.

    Returns:
        The same; 'fc.1.weight' or 'classifier.weight' is renamed where neither has anything else there. A layer
        without a bias gets one of zeros.
    """
    place = f"{last.partition('.')[0]}."
    mine, theirs = ({name for name in names if name.startswith(place)} for names in (own, tensors))
    weights = [name for name in theirs if name.endswith("weight") and tensors[name].dim() in (2, 4)]
    if mine != {f"{last}.weight", f"{last}.bias"} or len(weights) != 1:
        return tensors
    layer = weights[0].removesuffix("weight")
    if theirs - {weights[0], f"{layer}bias"}:
        return tensors
    renamed = {f"{last}.{name.removeprefix(layer)}" if name in theirs else name: one for name, one in tensors.items()}
    return {f"{last}.bias": torch.zeros(len(renamed[f"{last}.weight"])), **renamed}
