"""What the released code of the paper does at a step, in plain PyTorch: the other side of every ratio.

A BigGAN with the tensors' names of ajbrock/BigGAN-PyTorch, nothing folded and nothing frozen: spectral norm by one
power iteration at every call, batch norm and then gain and bias, upsampling before both convolutions, all in float32
and NCHW; the image resized to nearest neighbours; gradients of all weights, piling up from step to step.
"""

from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = {128: (16, 16, 8, 4, 2, 1), 256: (16, 16, 8, 8, 4, 2, 1)}  # of the features, in channels; the last go to RGB
ATTENTION_AT = {128: 64, 256: 128}  # pixels, by resolution
CHUNK, DIM_EMBEDDING, EPS = 20, 128, 1e-4


def normalised(weight: Tensor, u: Tensor) -> Tensor:
    """Divided by its spectral norm, as one power iteration from `u` finds it."""
    matrix = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(u @ matrix, eps=EPS)
        u = F.normalize(v @ matrix.T, eps=EPS)
    return weight / (v @ matrix.T @ u.T).squeeze()


class Linear(nn.Linear):
    """With spectral norm."""

    def __init__(self, into: int, out: int, bias: bool = True) -> None:
        super().__init__(into, out, bias)
        self.register_buffer("u0", torch.randn(1, out))

    def forward(self, x: Tensor) -> Tensor:
        """(N, into) -> (N, out)."""
        return F.linear(x, normalised(self.weight, self.get_buffer("u0")), self.bias)


class Convolution(nn.Conv2d):
    """With spectral norm."""

    def __init__(self, into: int, out: int, size: int, bias: bool = True) -> None:
        super().__init__(into, out, size, padding=size // 2, bias=bias)
        self.register_buffer("u0", torch.randn(1, out))

    def forward(self, x: Tensor) -> Tensor:
        """(N, into, H, W) -> (N, out, H, W)."""
        return F.conv2d(x, normalised(self.weight, self.get_buffer("u0")), self.bias, padding=self.padding)


class ConditionalNorm(nn.Module):
    """Batch norm in eval mode, its gain and bias from the embedding and a chunk of the latent."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = Linear(DIM_EMBEDDING + CHUNK, channels, bias=False)
        self.bias = Linear(DIM_EMBEDDING + CHUNK, channels, bias=False)
        self.register_buffer("stored_mean", torch.zeros(channels))
        self.register_buffer("stored_var", torch.ones(channels))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """(N, channels, H, W) and (N, condition) -> (N, channels, H, W)."""
        out = F.batch_norm(x, self.get_buffer("stored_mean"), self.get_buffer("stored_var"), eps=EPS)
        return out * (1 + self.gain(y))[:, :, None, None] + self.bias(y)[:, :, None, None]


class Block(nn.Module):
    """Norm, ReLU, upsampling, convolution, norm, ReLU, convolution; beside it upsampling and a 1x1 convolution."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = ConditionalNorm(into), Convolution(into, out, 3)
        self.bn2, self.conv2 = ConditionalNorm(out), Convolution(out, out, 3)
        self.conv_sc = Convolution(into, out, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """(N, into, H, W) -> (N, out, 2 H, 2 W)."""
        h = self.conv1(F.interpolate(F.relu_(self.bn1(x, y)), scale_factor=2))
        h = self.conv2(F.relu_(self.bn2(h, y)))
        return h + self.conv_sc(F.interpolate(x, scale_factor=2))


class Attention(nn.Module):
    """Self-attention, its scores and weights held whole."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.theta, self.phi = (Convolution(channels, channels // 8, 1, bias=False) for _ in range(2))
        self.g = Convolution(channels, channels // 2, 1, bias=False)
        self.o = Convolution(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.tensor(0.1))

    def forward(self, x: Tensor, _y: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        theta = self.theta(x).flatten(2)
        phi, g = F.max_pool2d(self.phi(x), 2).flatten(2), F.max_pool2d(self.g(x), 2).flatten(2)
        beta = torch.softmax(torch.bmm(theta.transpose(1, 2), phi), -1)
        mixed = torch.bmm(g, beta.transpose(1, 2)).unflatten(2, x.shape[2:])
        return self.gamma * self.o(mixed) + x


class OutputNorm(nn.Module):
    """Batch norm in eval mode."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("stored_mean", torch.zeros(channels))
        self.register_buffer("stored_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same."""
        mean, var = self.get_buffer("stored_mean"), self.get_buffer("stored_var")
        return F.batch_norm(x, mean, var, self.gain, self.bias, eps=1e-5)


class PlainGenerator(nn.Module):
    """BigGAN with hierarchical z; its state dict is one that `ganmend` reads."""

    def __init__(self, resolution: int, channels: int, n_classes: int = 1000) -> None:
        super().__init__()
        widths = [channels * width for width in WIDTHS[resolution]]
        self.dim_z = CHUNK * len(widths)
        self.shared = nn.Embedding(n_classes, DIM_EMBEDDING)
        self.linear = Linear(CHUNK, 16 * widths[0])
        blocks: list[nn.ModuleList] = []
        for k, (into, out) in enumerate(pairwise(widths)):
            attends = 8 << k == ATTENTION_AT[resolution]
            blocks.append(nn.ModuleList([Block(into, out), *([Attention(out)] if attends else [])]))
        self.blocks = nn.ModuleList(blocks)
        self.output_layer = nn.Sequential(OutputNorm(widths[-1]), nn.ReLU(inplace=True), Convolution(widths[-1], 3, 3))

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        """(N, dim_z) and embeddings (N, DIM_EMBEDDING) -> (N, 3, resolution, resolution) in [-1, 1]."""
        first, *chunks = z.split(CHUNK, 1)
        h = self.linear(first).view(len(z), -1, 4, 4)
        for block, chunk in zip(self.blocks, chunks, strict=True):
            for part in cast(nn.ModuleList, block):
                h = part(h, torch.cat([y, chunk], 1))
        return torch.tanh(self.output_layer(h))


def random_generator(resolution: int, channels: int = 96, seed: int = 0, n_classes: int = 1000) -> PlainGenerator:
    """With random weights, and the statistics that its norms would have gathered in training.

    Without them the features would shrink or grow from block to block and the images would be of one colour.
    """
    torch.manual_seed(seed)
    gan = PlainGenerator(resolution, channels, n_classes).eval()
    norms = [part for part in gan.modules() if isinstance(part, (ConditionalNorm, OutputNorm))]

    def gather(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        norm.get_buffer("stored_mean").copy_(inputs[0].mean((0, 2, 3)))
        norm.get_buffer("stored_var").copy_(inputs[0].var((0, 2, 3)))

    hooks = [norm.register_forward_pre_hook(gather) for norm in norms]
    with torch.no_grad():
        gan.shared.weight.mul_(0.2)
        gan(torch.randn(2, gan.dim_z), gan.shared.weight[:2])
    for hook in hooks:
        hook.remove()
    return gan


class PlainSearch:
    """The released code's inner loop."""

    def __init__(self, gan: nn.Module, start: Tensor, classifier: nn.Module, latents: Tensor) -> None:
        self.gan, self.classifier = gan, classifier.eval()
        self.embedding = start.detach().clone().requires_grad_()  # (1, DIM_EMBEDDING)
        self.adam = torch.optim.Adam([self.embedding], lr=0.1, weight_decay=0.9)
        self.z, self.targets = latents, torch.zeros(len(latents), dtype=torch.long, device=latents.device)

    def step(self) -> float:
        """Forward, backward through everything, Adam; the loss."""
        self.adam.zero_grad()
        images = self.gan(self.z, self.embedding.clamp(-0.9, 0.9).expand(len(self.z), -1))
        logits = self.classifier(F.interpolate(images, size=224))
        loss = F.cross_entropy(logits, self.targets)
        loss.backward()
        self.adam.step()
        return loss.item()
