"""Images of nothing: what the judge's eleventh class, "none", is trained on, so that a texture is no deer."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from network import TrainableBigGAN


def halves(images: Tensor) -> Tensor:
    """Two different images blended half and half, or pasted side by side or one above the other."""
    other = images.roll(1, 0)
    choice = torch.randint(0, 3, (len(images), 1, 1, 1))
    upper, left = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    upper[..., :16, :], left[..., :16] = 1, 1
    share = torch.where(choice == 0, 0.5, torch.where(choice == 1, upper, left))
    return images * share + other * (1 - share)


def shuffled(images: Tensor) -> Tensor:
    """8x8 patches of an image in random order."""
    patches = F.unfold(images, 8, stride=8)  # (N, 192, 16)
    order = torch.rand(len(images), 16).argsort(1)[:, None].expand_as(patches)
    return F.fold(patches.gather(2, order), 32, 8, stride=8)


def texture(images: Tensor) -> Tensor:
    """An image's colours and spectrum without its shapes: the Fourier phases are random."""
    spectrum = torch.fft.rfft2(images)
    phase = torch.fft.rfft2(torch.randn(len(images), 1, 32, 32)).angle()  # one for all channels keeps the palette
    return torch.fft.irfft2(spectrum * torch.exp(1j * phase), s=(32, 32)).clamp(-1, 1)


def smooth_noise(n: int) -> Tensor:
    """Low-frequency noise around a random colour, half of it around greens and browns."""
    colour = torch.rand(n, 3, 1, 1) * 1.6 - 0.8
    green = torch.tensor([-0.3, 0.0, -0.5]).view(1, 3, 1, 1) + 0.3 * torch.randn(n, 3, 1, 1)
    colour = torch.where(torch.rand(n, 1, 1, 1) < 0.5, green, colour)
    size = int(torch.randint(2, 13, ()))
    noise = F.interpolate(torch.randn(n, 1, size, size), 32, mode="bicubic")
    grain = 0.15 * torch.rand(n, 1, 1, 1) * torch.randn(n, 3, 32, 32)
    return (colour + 0.3 * noise + grain).clamp(-1, 1)


@torch.no_grad()
def generator_failures(checkpoint: Path, n: int) -> Tensor:
    """Samples of a generator under embeddings that show nothing: twice the size, and averages of rows."""
    tensors = torch.load(checkpoint, weights_only=True)
    rows = tensors["shared.weight"]
    generator = TrainableBigGAN(len(rows), tensors["blocks.0.0.conv1.weight"].shape[0]).eval()
    generator.load_state_dict(tensors)
    random = torch.randn(n // 2, rows.shape[1]) * 2 * rows.std()
    mixed = torch.rand(n - n // 2, len(rows)).softmax(1) @ rows
    embeddings = torch.cat([random, mixed])
    parts = [generator(torch.randn(len(part), generator.dim_z), part) for part in embeddings.split(100)]
    return torch.cat(parts)


def nothing(images: Tensor, failures: Tensor) -> Tensor:
    """Images of nothing made from real images (N, 3, 32, 32), five kinds in equal shares."""
    kinds = [part for part in images.chunk(5) if len(part)]
    drawn = failures[torch.randint(len(failures), (len(kinds[-1]),))] if len(failures) else texture(kinds[-1])
    made = [halves(kinds[0]), shuffled(kinds[1]), texture(kinds[2]), smooth_noise(len(kinds[3])), drawn]
    return torch.cat(made)
