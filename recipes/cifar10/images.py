"""Real images as one uint8 tensor, from an ImageFolder (ROOT/train/CLASS/*.jpg) or from torchvision's download."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_images(root: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64, the latter indices into CLASSES.

    The decoded tensor is cached beside the folder, since decoding 50,000 JPEGs takes longer than reading it.
    """
    cache = root / f"{split}.pt"
    if cache.exists():
        stored = torch.load(cache, weights_only=True)
        return stored["images"], stored["labels"]
    folder = root / split
    if not folder.is_dir():
        return _download(root, split)
    images, labels = [], []
    for label, name in enumerate(CLASSES):
        for path in sorted((folder / name).iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    torch.save({"images": stacked, "labels": torch.tensor(labels)}, cache)
    return stacked, torch.tensor(labels)


def _download(root: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    from torchvision.datasets import CIFAR10

    dataset = CIFAR10(str(root), train=split == "train", download=True)
    return torch.from_numpy(dataset.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(dataset.targets)


def to_unit_range(images: torch.Tensor) -> torch.Tensor:
    """uint8 [0, 255] to float32 [-1, 1]."""
    return images.float() / 127.5 - 1
