"""A network that is built here, with the weights of a user's file."""

import warnings
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from ganmend.errors import ClassifierError, GanmendWarning, UnreadableError
from ganmend.targets.sources.checkpoint import read_checkpoint
from ganmend.targets.sources.class_list import stored_names
from ganmend.targets.sources.last_layer import last_layer
from ganmend.targets.sources.network_name import NetworkName
from ganmend.targets.sources.parts import IMAGENET_MEAN, IMAGENET_STD, SIZE, NetworkParts
from ganmend.targets.sources.state import COUNTERS, State, find_state, weights_digest

AUXILIARY = ("AuxLogits.", "aux1.", "aux2.")  # torchvision's heads that only a training uses
Build = Callable[[int | None], nn.Module]  # the network of so many classes, of as many as published for None


def own_parts(
    name: NetworkName,
    build: Build,
    *,
    file: str = "",
    content: object = None,
    resolution: int = SIZE,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    family: str = "",
    photographs: str = "",
    names: tuple[str, ...] = (),
) -> NetworkParts:
    """Build the network that a file's tensors are of, and give it these.

    Args:
        name: what the user typed.
        build: makes the network.
        file: of the weights; '' for the one of the name.
        content: of the file, where it is read already.
        resolution: that the network takes where nothing else is said, in pixels.
        mean: likewise, of images in [0, 1] by colour.
        std: likewise.
        family: of the architecture.
        photographs: that it was trained on, '' where nobody knows.
        names: of its classes, where the file says none.

    Returns:
        The network in float32, with as many classes as the file's last layer has.

    Raises:
        ClassifierError: the file is missing or broken, holds another network, or weights that are no numbers.
    """
    file = file or name.file
    content = read_checkpoint(file) if content is None else content
    what = f"{name.source}:{name.model}"
    network = build(None)
    last = last_layer(network)
    try:
        state = find_state(network, content, last)
        n_classes = _rows(state, f"{last}.weight")
        if n_classes and n_classes != len(network.state_dict()[f"{last}.weight"]):
            network = build(n_classes)
        _fill(network, state, what)
    except UnreadableError as error:
        raise ClassifierError(f"{file} {error}") from error
    return NetworkParts(
        network, n_classes, stored_names(content, n_classes) or names, resolution, tuple(mean), tuple(std), last,
        weights_digest(network), family, photographs,
    )  # fmt: skip


def _rows(state: State, weight: str) -> int:
    tensor = state.tensors.get(weight)
    return len(tensor) if tensor is not None and tensor.dim() else 0


def _fill(network: nn.Module, state: State, what: str) -> None:
    """Put the tensors into the network.

    Args:
        network: of the right number of classes; changed.
        state: what the file has of it.
        what: it is called, for messages.

    Raises:
        UnreadableError: tensors are missing, too many, of other shapes, or no numbers; going on from the file's name.
    """
    own = network.state_dict()
    missing = [name for name in own if name not in state.tensors and not name.endswith(COUNTERS)]
    if missing := [name for name in missing if not name.startswith(AUXILIARY)]:
        raise UnreadableError(
            f"lacks {len(missing)} of the {len(own)} tensors of {what}, such as {missing[0]!r}: is it of another one?"
        )
    for name, tensor in state.tensors.items():
        _check(name, tensor, own[name], what)
    _judge_extra(state.extra, {name.partition(".")[0] for name in own}, what)
    network.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in state.tensors.items()}, strict=False)


def _judge_extra(extra: Sequence[str], parts: set[str], what: str) -> None:
    """Refuse tensors that stand in a part of the network, which they would change; warn of others, as a loss's.

    Args:
        extra: names of tensors that the network does not have.
        parts: what the names of its own begin with.
        what: it is called.

    Raises:
        UnreadableError: one stands in a part of it.
    """
    if inside := [name for name in extra if name.partition(".")[0] in parts]:
        raise UnreadableError(f"has tensors that {what} has not, such as {inside[0]!r:.80}: is it of another network?")
    if extra:
        warnings.warn(
            f"{what} has no part for {len(extra)} of the file's tensors, such as {extra[0]!r:.80}: they are left out",
            GanmendWarning,
            stacklevel=2,
        )


def _check(name: str, tensor: Tensor, own: Tensor, what: str) -> None:
    came, expected = tuple(tensor.shape), tuple(own.shape)
    if came != expected:
        if len(expected) == 4 and expected[1] == 3 and came == (expected[0], 1, *expected[2:]):
            raise UnreadableError("is of a classifier for grey images; expected one for red, green and blue")
        raise UnreadableError(
            f"has {name!r} of shape {came}; that of {what} is {expected}: is it of another network, or another size?"
        )
    if own.is_floating_point() and not tensor.is_floating_point():
        raise UnreadableError(f"has {name!r} as {tensor.dtype}; expected float32, float16 or bfloat16 weights")
    if not tensor.isfinite().all():
        raise UnreadableError(f"has NaN or infinity in {name!r}: its training went wrong; use another checkpoint")
