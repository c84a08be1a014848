"""Which layers of a network generated and real images are compared in: the last of each stage, in the order of calls.

A stage is what a network does at one scale, between two halvings of the image. Networks are watched while they run, so
that modules which serve several times, and whatever order they are listed in, are told apart by what they give.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

QUARTERS = (1, 2, 3)  # of the depth of a network that has one stage; its end is the input of the last layer


@dataclass
class Call:
    """One call of a module.

    Attributes:
        name: of the module in the network.
        module: that was called.
        turn: how often the same module had been called before.
        size: height of its output, a map of that many pixels on both sides; 0 where it gives no map.
        calls: of other modules, that it made.
    """

    name: str
    module: nn.Module
    turn: int
    size: int = 0
    calls: list["Call"] = field(default_factory=list)


def find_stages(network: nn.Module, image: Tensor) -> tuple[str, ...]:
    """The last layer of each stage but the coarsest, finest first; of a network of one stage, layers at its quarters.

    Args:
        network: in eval mode.
        image: (1, 3, H, H), normalised.

    Returns:
        Names of submodules; where one is called several times in a pass, with '#' and the number of the call, from 0.
    """
    whole, turns = _watched(network, image)
    found = _Stages(image.shape[-1])
    found.visit(whole)
    coarsest = max(found.last, default=0)
    calls = [call for octave, call in sorted(found.last.items()) if octave != coarsest] or _at_quarters(whole)
    return tuple(f"{call.name}#{call.turn}" if turns[call.name] > 1 else call.name for call in calls)


class _Stages:
    """The last call of each octave: octave k holds maps of about 1 / 2**k of the image's height."""

    def __init__(self, image_size: int) -> None:
        self.image_size, self.size, self.last = image_size, image_size, dict[int, Call]()

    def visit(self, call: Call) -> None:
        """Take the calls in it, where it is no layer by itself, and then the call."""
        if not self._is_one_layer(call):
            for inner in call.calls:
                self.visit(inner)
        # What only pads or enlarges a map is no layer to compare in.
        pads = call.size > self.size and next(call.module.parameters(), None) is None
        if call.size > 1 and not pads:
            self.size = call.size
            self.last[self._octave(call.size)] = call

    def _is_one_layer(self, call: Call) -> bool:
        """Whether a call is to be taken as a whole: a block, whose inside does not show what leaves a stage.

        Not so a chain, in which grouping means nothing; what passes through several stages; and what begins in a stage
        of which nothing has been seen.
        """
        if isinstance(call.module, nn.Sequential) or call.size <= 1:
            return False
        before, after = self._octave(self.size), self._octave(call.size)
        return after == before or (after == before + 1 and before in self.last)

    def _octave(self, size: int) -> int:
        return round(math.log2(self.image_size / size))


def _at_quarters(whole: Call) -> list[Call]:
    """Of a network of one scale, as a vision transformer: after a quarter, half, and three quarters of its blocks."""
    blocks, waiting = list[Call](), [whole]
    while waiting:
        call = waiting.pop()
        alike = defaultdict(list)
        for inner in call.calls:
            if inner.size > 1:
                alike[type(inner.module)].append(inner)
        blocks = max([blocks, *alike.values()], key=len)
        waiting += call.calls
    places = {math.ceil(len(blocks) * quarter / 4) for quarter in QUARTERS}  # counted from 1
    return [blocks[place - 1] for place in sorted(places) if place < len(blocks)]


def _watched(network: nn.Module, image: Tensor) -> tuple[Call, dict[str, int]]:
    """The call of the network, with all that it made, and how often each module was called."""
    names = {module: name for name, module in network.named_modules()}
    turns, open_calls = defaultdict[str, int](int), [Call("", nn.Module(), 0)]

    def begin(module: nn.Module, _inputs: object) -> None:
        call = Call(names[module], module, turns[names[module]])
        turns[call.name] += 1
        open_calls[-1].calls.append(call)
        open_calls.append(call)

    def end(_module: nn.Module, _inputs: object, output: object) -> None:
        open_calls.pop().size = _size(first_tensor(output))

    handles: list[RemovableHandle] = []
    for module in names:
        handles += [module.register_forward_pre_hook(begin), module.register_forward_hook(end)]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return open_calls[0].calls[0], turns


def first_tensor(output: object) -> Tensor | None:
    """What a module gave; of several things the first, as of a block that tells the size of its map too."""
    while isinstance(output, tuple | list) and output:
        output = output[0]
    return output if isinstance(output, Tensor) else None


def _size(output: Tensor | None) -> int:
    """Height of a map of one square image, in pixels or tokens; 0 of anything else."""
    if output is None or output.dim() not in (3, 4) or len(output) != 1:
        return 0
    height, *others = (output.shape[axis] for axis in spatial_axes(output))
    if others:
        return height if others == [height] else 0
    return math.isqrt(height)  # tokens are the map's, and a few besides, as a class token


def spatial_axes(output: Tensor) -> tuple[int, ...]:
    """Where a layer's output of square images has its space: (N, C, H, H), (N, H, H, C), tokens (N, L, C), or (N, C).

    Args:
        output: of at least one axis.

    Returns:
        The axes; none of a row.
    """
    if output.dim() == 3:
        return (1,)
    if output.dim() != 4:
        return ()
    _, first, second, third = output.shape
    return (1, 2) if first == second != third else (2, 3)


def spatial_mean(output: Tensor) -> Tensor:
    """A layer's output -> its mean over space (N, C), see `spatial_axes`; a row, and whatever else, is laid flat."""
    axes = spatial_axes(output)
    return output.mean(axes) if axes else output.flatten(1)


def features_before(last: nn.Module, given: Tensor) -> Tensor:
    """What a network's last layer is given, as a row a sample (N, F).

    Args:
        last: the layer.
        given: its input, (N, F) or a map (N, C, H, W).

    Returns:
        A map's mean over space; but all its numbers, in their places, where the layer is a convolution that sees the
        whole map at once, which is a linear layer of all of them.
    """
    sees_all = isinstance(last, nn.Conv2d) and last.kernel_size == given.shape[2:]
    return given.flatten(1) if sees_all else spatial_mean(given)
