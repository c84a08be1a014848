"""The generator in training: BigGAN at 32 px (Brock et al. 2019), its tensors named as in ajbrock/BigGAN-PyTorch.

Spectral norm and batch norm are live here; ganmend's own generator is the folded, frozen form of the same function.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCKS = 3


class Spectral(nn.Module):
    """A weight divided by its largest singular value, tracked by one power iteration a forward (Miyato et al. 2018)."""

    def __init__(self, shape: tuple[int, ...], bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.orthogonal_(torch.empty(shape)))
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None
        self.register_buffer("u0", torch.randn(1, shape[0]))
        self.register_buffer("sv0", torch.ones(1))

    def iterate(self, eps: float = 1e-8) -> Tensor:
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(self.u0 @ matrix, eps=eps)
            u = F.normalize(v @ matrix.T, eps=eps)
        sigma = (v @ matrix.T @ u.T).squeeze()
        if self.training:
            self.u0.copy_(u)
            self.sv0.fill_(sigma.item())
        return self.weight / sigma


class SpectralLinear(Spectral):
    def __init__(self, n_in: int, n_out: int, bias: bool = True) -> None:
        super().__init__((n_out, n_in), bias)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.iterate(), self.bias)


class SpectralConv(Spectral):
    def __init__(self, n_in: int, n_out: int, kernel: int) -> None:
        super().__init__((n_out, n_in, kernel, kernel), True)

    def forward(self, x: Tensor, upsample: bool = False) -> Tensor:
        weight = self.iterate()
        if not upsample:
            return F.conv2d(x, weight, self.bias, padding=weight.shape[-1] // 2)
        # Nearest upsampling then a 3x3 convolution is one stride-2 4x4 transposed convolution: see
        # ganmend.models.biggan.rewrites for the derivation. Gradients pass through the rewritten weight.
        mix = weight.new_tensor([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])
        kernel = torch.einsum("pk,oikl,ql->iopq", mix, weight, mix)
        return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)


class ConditionalNorm(nn.Module):
    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.gain = SpectralLinear(condition, channels, bias=False)
        self.bias = SpectralLinear(condition, channels, bias=False)
        self.register_buffer("stored_mean", torch.zeros(channels))
        self.register_buffer("stored_var", torch.ones(channels))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        x = F.batch_norm(x, self.stored_mean, self.stored_var, training=self.training, eps=1e-5)
        gain, bias = 1 + self.gain(condition), self.bias(condition)
        return x * gain[:, :, None, None].to(x.dtype) + bias[:, :, None, None].to(x.dtype)


class Block(nn.Module):
    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = ConditionalNorm(channels, condition), ConditionalNorm(channels, condition)
        self.conv1, self.conv2 = SpectralConv(channels, channels, 3), SpectralConv(channels, channels, 3)
        self.conv_sc = SpectralConv(channels, channels, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.conv1(F.relu(self.bn1(x, condition)), upsample=True)
        h = self.conv2(F.relu(self.bn2(h, condition)))
        return h + F.interpolate(self.conv_sc(x), scale_factor=2)


class OutputNorm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("stored_mean", torch.zeros(channels))
        self.register_buffer("stored_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.stored_mean, self.stored_var, self.gain, self.bias, self.training, eps=1e-5)


class TrainableBigGAN(nn.Module):
    """(z, embedding) -> images in [-1, 1]; `shared` is the class table; z is split into BLOCKS + 1 chunks."""

    def __init__(self, n_classes: int, channels: int, dim_z: int = 80, dim_embedding: int = 128) -> None:
        super().__init__()
        self.channels, self.dim_z = channels, dim_z
        chunk = dim_z // (BLOCKS + 1)
        self.shared = nn.Embedding(n_classes, dim_embedding)
        nn.init.orthogonal_(self.shared.weight)
        self.linear = SpectralLinear(chunk, channels * 16)
        self.blocks = nn.ModuleList(nn.ModuleList([Block(channels, dim_embedding + chunk)]) for _ in range(BLOCKS))
        self.output_layer = nn.Sequential(OutputNorm(channels), nn.ReLU(), SpectralConv(channels, 3, 3))

    def forward(self, z: Tensor, embedding: Tensor) -> Tensor:
        first, *chunks = z.chunk(BLOCKS + 1, 1)
        h = self.linear(first).view(-1, self.channels, 4, 4).contiguous(memory_format=torch.channels_last)
        for (block,), chunk in zip(self.blocks, chunks, strict=True):
            h = block(h, torch.cat([embedding, chunk], 1))
        return torch.tanh(self.output_layer(h).float())
