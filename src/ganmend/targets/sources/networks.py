"""The bundled classifiers' networks: residual, inverted residual and plain convolutions, batch norm folded away."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SearchNetwork(nn.Module):
    """Strided 3x3 convolutions, each followed by residual pairs (He et al. 2016); 110 M multiply-adds at 32 px."""

    WIDTHS = (32, 64, 128, 256)
    PAIRS = (2, 2, 1)

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, self.WIDTHS[0], 3, padding=1)
        stages = zip(self.WIDTHS, self.WIDTHS[1:], self.PAIRS, strict=False)
        self.stages = nn.ModuleList(_Stage(into, out, pairs) for into, out, pairs in stages)
        self.head = nn.Linear(self.WIDTHS[-1], n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) normalised -> logits (N, n_classes)."""
        x = F.relu(self.stem(x))
        for stage in self.stages:
            x = stage(x)
        result: Tensor = self.head(x.mean((2, 3)))
        return result


class _Stage(nn.Module):
    def __init__(self, into: int, out: int, pairs: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(into, out, 3, stride=2, padding=1)
        self.pairs = nn.ModuleList(_Pair(out) for _ in range(pairs))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.down(x))
        for pair in self.pairs:
            x = pair(x)
        return x


class _Pair(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.relu(self.second(F.relu(self.first(x))))


class JudgeNetwork(nn.Module):
    """EfficientNet-Lite1 (Tan and Le 2019) cut after its 112-channel stage, on the image upsampled to 64 px."""

    # (expansion, channels, kernel, stride, repeats) of each stage.
    STAGES = ((1, 16, 3, 1, 1), (6, 24, 3, 2, 3), (6, 40, 5, 2, 3), (6, 80, 3, 2, 4), (6, 112, 5, 1, 4))

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.stem = SameConv2d(3, 32, 3, stride=2)
        blocks: list[nn.Module] = []
        into = 32
        for expansion, out, kernel, stride, repeats in self.STAGES:
            for repeat in range(repeats):
                blocks.append(_InvertedResidual(into, out, expansion, kernel, stride if repeat == 0 else 1))
                into = out
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(into, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) normalised -> logits (N, n_classes)."""
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = F.relu6(self.stem(x))
        for block in self.blocks:
            x = block(x)
        result: Tensor = self.head(x.mean((2, 3)))
        return result


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: the odd pixel goes to the right and bottom."""

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(into, out, kernel, stride=stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        (stride, _), (kernel, _) = self.stride, self.kernel_size
        pad: list[int] = []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pad += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pad))


class _InvertedResidual(nn.Module):
    def __init__(self, into: int, out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = into * expansion
        self.expand = nn.Conv2d(into, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.project = nn.Conv2d(wide, out, 1)
        self.residual = into == out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu6(self.expand(x)) if self.expand is not None else x
        h = self.project(F.relu6(self.depthwise(h)))
        result: Tensor = x + h if self.residual else h
        return result


class PlainNetwork(nn.Module):
    """3x3 convolutions one after another, no shortcuts (Simonyan and Zisserman 2015); 43 M multiply-adds at 32 px."""

    # Channels of each stage's convolutions; the size halves before every stage but the first.
    STAGES = ((32,), (64, 64), (128, 128, 128), (192,))
    FEATURES = 64  # narrow, since the features of 10,000 real images are in the package

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        into, stages = 3, []
        for widths in self.STAGES:
            sizes = zip((into, *widths), widths, strict=False)
            stages.append(nn.ModuleList(nn.Conv2d(before, after, 3, padding=1) for before, after in sizes))
            into = widths[-1]
        self.stages = nn.ModuleList(stages)
        self.narrow = nn.Conv2d(into, self.FEATURES, 1)
        self.head = nn.Linear(self.FEATURES, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) normalised -> logits (N, n_classes)."""
        for number, stage in enumerate(self.stages):
            x = F.max_pool2d(x, 2) if number else x
            for convolution in stage:  # type: ignore[attr-defined]
                x = F.relu(convolution(x))
        result: Tensor = self.head(F.relu(self.narrow(x)).mean((2, 3)))
        return result


NETWORKS: dict[str, type[nn.Module]] = {
    "search": SearchNetwork,
    "judge": JudgeNetwork,
    "second-judge": PlainNetwork,
}


def build(kind: str, n_classes: int, tensors: dict[str, Tensor]) -> nn.Module:
    """The network of that kind with these weights, float32, in eval mode."""
    network = NETWORKS[kind](n_classes)
    network.load_state_dict({name: tensor.to(torch.float32) for name, tensor in tensors.items()})
    return network.eval()
