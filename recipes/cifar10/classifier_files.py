"""What both classifier recipes share: resuming, folding, testing, exporting into the package."""

import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganmend.demo.bundled import WEIGHTS
from images import load_images, to_unit_range


def resume(run: Path, name: str, parts: dict[str, object]) -> int:
    """Load each part's state where there is one; the number of epochs done."""
    path = run / f"{name}.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    for key, part in parts.items():
        part.load_state_dict(state[key])  # type: ignore[attr-defined]
    torch.manual_seed(state["epoch"])
    return state["epoch"]


def learning_rate(epoch: float, cycles: Sequence[tuple[int, float]]) -> float:
    """A linear rise over a fifth of each (epochs, peak rate), then a cosine to zero; `epoch` is fractional."""
    for epochs, peak in cycles:
        if epoch < epochs:
            done = epoch / epochs
            return peak * (done / 0.2 if done < 0.2 else 0.5 + 0.5 * math.cos(math.pi * (done - 0.2) / 0.8))
        epoch -= epochs
    return 0.0


def save_state(run: Path, name: str, epoch: int, parts: dict[str, object]) -> None:
    run.mkdir(parents=True, exist_ok=True)
    partial = run / f"{name}.partial"
    torch.save({key: part.state_dict() for key, part in parts.items()} | {"epoch": epoch}, partial)  # type: ignore[attr-defined]
    os.replace(partial, run / f"{name}.pt")


class NormedConv(nn.Sequential):
    """A convolution and its batch norm in training; folded into one convolution on export."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__(conv, nn.BatchNorm2d(conv.out_channels))


def with_batch_norm(network: nn.Module) -> nn.Module:
    for name, child in network.named_children():
        if isinstance(child, nn.Conv2d):
            setattr(network, name, NormedConv(child))
        else:
            with_batch_norm(child)
    return network


def fold_batch_norms(network: nn.Module) -> nn.Module:
    """Each (convolution, batch norm) pair as one convolution."""
    for name, child in network.named_children():
        if isinstance(child, nn.Sequential) and isinstance(child[1], nn.BatchNorm2d):
            setattr(network, name, fuse_conv_bn_eval(child[0], child[1]))
        else:
            fold_batch_norms(child)
    return network


@torch.no_grad()
def test_accuracy(network: nn.Module, normalise: Callable[[Tensor], Tensor], data: Path) -> float:
    images, labels = load_images(data, "test")
    logits = torch.cat([network(normalise(to_unit_range(part))) for part in images.split(500)])
    return (logits.argmax(1) == labels).float().mean().item()


def export_classifier(
    kind: str,
    network: nn.Module,
    class_names: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
    accuracy: float,
) -> None:
    """Write the weights, as float16, where the package reads them."""
    facts = {
        "kind": kind, "class_names": list(class_names), "mean": list(mean), "std": list(std), "resolution": 32,
        "test_accuracy": round(accuracy, 4),
    }  # fmt: skip
    tensors = {name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    save_file(tensors, WEIGHTS / f"{kind}.safetensors", {"classifier": json.dumps(facts)})
