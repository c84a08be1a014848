"""Latents from per-sample seeds: sample i of a seed is the same whatever the batch size, the order or the device."""

import hashlib
import math

import torch
from torch import Tensor

from ganmend.checks import check_seed, check_truncation, check_whole


def sample_latents(
    seed: int, n: int, dim_z: int, *, start: int = 0, truncation: float | None = None, purpose: str = "sample"
) -> Tensor:
    """Latents (n, dim_z) float32 on the CPU, samples start .. start + n - 1 of the stream (seed, purpose).

    Args:
        seed: any integer of 64 bits, with its sign.
        n: how many.
        dim_z: the generator's.
        start: index of the first sample.
        truncation: None draws z ~ N(0, I). A value in (0, 1] draws from N(0, I) truncated to [-2, 2] and multiplies by
            it, the convention of the published BigGAN code (Brock et al. 2019, section 3.1).
        purpose: separates streams of one seed (training latents from validation latents).

    Returns:
        (n, dim_z) float32, on the CPU.

    Raises:
        OptionError: a number is of another type or out of range.
    """
    check_seed(seed)
    for name, value, least in (("n", n, 0), ("dim_z", dim_z, 1), ("start", start, 0)):
        check_whole(name, value, least)
    check_truncation(truncation)
    rows = torch.empty(n, dim_z)
    for row in range(n):
        # Each row has a generator of its own, seeded by a hash: neighbouring seeds and rows have nothing in common.
        key = f"{purpose}/{seed}/{start + row}".encode()
        generator = torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(key).digest()[:8], "little") >> 1)
        if truncation is None:
            rows[row] = torch.randn(dim_z, generator=generator)
        else:
            rows[row] = truncation * _truncated_normal(torch.rand(dim_z, generator=generator, dtype=torch.float64))
    return rows


def _truncated_normal(uniform: Tensor, bound: float = 2.0) -> Tensor:
    """Inverse distribution function of N(0, 1) truncated to [-bound, bound], of numbers in [0, 1)."""
    mass = math.erf(bound / math.sqrt(2))
    return math.sqrt(2) * torch.erfinv((2 * uniform - 1) * mass)
