"""Images of nothing: what the judge's eleventh class, "none", is trained on, so that a texture is no deer.

None of them comes from a generator: a judge that had learnt one generator's failures would not be independent of it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


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


def nothing(images: Tensor) -> Tensor:
    """Images of nothing made from real images (N, 3, 32, 32), N at least 4, four kinds in equal shares."""
    blended, cut, phased, replaced = images.chunk(4)
    return torch.cat([halves(blended), shuffled(cut), texture(phased), smooth_noise(len(replaced))])
