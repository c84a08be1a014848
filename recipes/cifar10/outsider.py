"""Judges from outside: the ResNets of akamaster/pytorch_resnet_cifar10 (He et al. 2016, section 4.2).

Nothing in this project was trained with or against them, and none of them has seen a generated image.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.metrics.statistics import ClassReference, class_reference
from ganmend.targets.classifier import Classifier
from images import CLASSES, load_images, to_unit_range


class _Block(nn.Module):
    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.missing = out - into

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.missing:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.missing // 2, self.missing // 2))
        return F.relu(h + x)


class _ResNet(nn.Module):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        widths = ((16, 16, 1), (16, 32, 2), (32, 64, 2))
        for number, (into, out, stride) in enumerate(widths, 1):
            first, others = _Block(into, out, stride), [_Block(out, out, 1) for _ in range(depth - 1)]
            setattr(self, f"layer{number}", nn.Sequential(first, *others))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def load_outsider(path: Path) -> Classifier:
    stored = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    tensors = {name.removeprefix("module."): tensor for name, tensor in stored.items()}
    depth = len({name.split(".")[1] for name in tensors if name.startswith("layer1.")})
    network = _ResNet(depth)
    network.load_state_dict(tensors)
    return Classifier(
        network,
        name=path.stem,
        fingerprint=path.stem,
        class_names=CLASSES,
        resolution=32,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        feature_layer="linear",
    )


@torch.no_grad()
def reference_of(judge: Classifier, images: Tensor, name: str) -> ClassReference:
    """What a judge sees on images (N, 3, 32, 32) uint8 of one class."""
    seen = [judge.logits_and_features(part) for part in to_unit_range(images).split(250)]
    logits, features = (torch.cat(column) for column in zip(*seen, strict=True))  # (batch, ...) -> (N, ...)
    return class_reference(logits, features, judge.index_of(name))


def test_references(judge: Classifier, data: Path) -> dict[str, ClassReference]:
    """What a judge sees on the test images, class by class."""
    images, labels = load_images(data, "test")
    return {name: reference_of(judge, images[labels == index], name) for index, name in enumerate(CLASSES)}
