"""What an image costs in a classifier: memory, found by watching the network once."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

TEMPORARIES = 4  # arrays of the largest size that are there at once beside what is kept


@dataclass(frozen=True)
class PassBytes:
    """Bytes that one image takes in a pass.

    Attributes:
        gradient: while its features are kept for a gradient.
        drawing: at the widest place, where none is wanted.
    """

    gradient: int
    drawing: int


def pass_bytes(network: nn.Module, image: Tensor) -> PassBytes:
    """Watch what autograd keeps of one image.

    Args:
        network: frozen, in eval mode.
        image: (1, 3, H, W), normalised.

    Returns:
        The bytes; the weights are none of them.
    """
    weights = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        logits = network(image.requires_grad_())
        del logits  # only now: what it keeps would be freed, and its place taken again
    largest = TEMPORARIES * max(kept.values(), default=image.nbytes)
    return PassBytes(sum(kept.values()) + largest, largest)
