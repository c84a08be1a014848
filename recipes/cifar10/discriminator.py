"""A class-conditional projected discriminator (Sauer et al. 2021): small heads on frozen features, mixed at random."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

STAGE_CHANNELS = (16, 24, 40, 112, 320)
MIXED = (32, 64, 64, 128, 128)
WIDTH, CLASS_DIM = 64, 64


class RandomProjection(nn.Module):
    """Frozen random 1x1 convolutions that mix channels within a stage, and coarse stages into fine ones."""

    def __init__(self) -> None:
        super().__init__()
        self.within = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(STAGE_CHANNELS, MIXED, strict=True))
        self.across = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(MIXED))
        for conv in [*self.within, *self.across]:
            nn.init.kaiming_normal_(conv.weight, nonlinearity="linear")
        self.requires_grad_(False)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        mixed = [conv(f) for conv, f in zip(self.within, features, strict=True)]
        for k in range(len(mixed) - 2, -1, -1):
            mixed[k] = (mixed[k] + F.interpolate(self.across[k](mixed[k + 1]), scale_factor=2)) * 0.5**0.5
        return mixed[:-1]  # 32x32, 16x16, 8x8 and 4x4


class Head(nn.Module):
    def __init__(self, channels: int, size: int, n_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        while size > 4:
            layers += [
                spectral_norm(nn.Conv2d(channels, WIDTH, 4, 2, 1, bias=False)),
                nn.BatchNorm2d(WIDTH),
                nn.LeakyReLU(0.2),
            ]
            channels, size = WIDTH, size // 2
        layers += [spectral_norm(nn.Conv2d(channels, 2 * WIDTH, 3, padding=1)), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*layers)
        self.to_class = spectral_norm(nn.Conv2d(2 * WIDTH, CLASS_DIM, 2))
        self.realness = spectral_norm(nn.Conv2d(2 * WIDTH, 1, 2))
        self.classes = nn.Embedding(n_classes, CLASS_DIM)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = self.trunk(x)
        projected = (self.to_class(h) * self.classes(labels)[:, :, None, None]).sum(1, keepdim=True) / CLASS_DIM**0.5
        return (self.realness(h) + projected).flatten(1)


class ProjectedDiscriminator(nn.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.projection = RandomProjection()
        self.heads = nn.ModuleList(
            Head(channels, size, n_classes) for channels, size in zip(MIXED, (32, 16, 8, 4), strict=False)
        )
        self.classifier = nn.Linear(STAGE_CHANNELS[3] + STAGE_CHANNELS[4], n_classes)

    def forward(self, features: list[Tensor], labels: Tensor) -> tuple[Tensor, Tensor]:
        """Realness logits (N, positions) over all heads, and class logits (N, n_classes)."""
        mixed = self.projection(features)
        realness = torch.cat([head(x, labels) for head, x in zip(self.heads, mixed, strict=True)], 1)
        pooled = torch.cat([features[3].mean((2, 3)), features[4].mean((2, 3))], 1)
        return realness.float(), self.classifier(pooled).float()
