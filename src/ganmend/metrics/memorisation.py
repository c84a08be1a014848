"""Memorisation: whether samples lie so near to single real images that they may be copies of them.

The ratio is that of Carlini et al. (2023), "Extracting Training Data from Diffusion Models", section 5: how far the
nearest real image is, in units of how far the nearest few are. So a generator whose samples are all nearer to the real
images than these are to each other is not suspected for it.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ganmend.errors import GanmendError

FEWEST = 20  # real images, below which nothing is said
NEAREST = 10  # real images whose mean distance is the unit
NEAR = 0.5  # ratio below which a sample counts as a near copy; copies lie at 0 to 0.5, others hardly ever below 0.6
ALARM = 0.01  # p-value below which a doubt is voiced
SAME = 0.02  # of the median distance: real images that are nearer than this count as one
CALIBRATED = 5000  # real images, at most, whose own ratios tell what is usual
# What the share of near copies among real images is before they are seen: most folders hold different pictures, about
# one near copy in 200; of one in twenty nothing is known, such as of a film's frames. Chance, and a Beta distribution.
PRIORS = ((0.95, 1.0, 199.0), (0.05, 1.0, 1.0))
SIDE = 8  # pixels of a thumbnail: a shift by a pixel of 32 hardly changes it
CELLS = 1 << 22  # of a distance matrix held at once


@dataclass(frozen=True)
class Views:
    """What is compared of N images: a classifier's view of them, and one of their pixels.

    Attributes:
        features: (N, F) of a classifier.
        thumbnails: (N, 3, SIDE, SIDE), or None where the images are not at hand.
        mirrored: (N, F) of the images' mirror images, or None; a classifier tells these from the images themselves.
    """

    features: Tensor
    thumbnails: Tensor | None = None
    mirrored: Tensor | None = None

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, chosen: Tensor | slice) -> "Views":
        others = (None if part is None else part[chosen] for part in (self.thumbnails, self.mirrored))
        return Views(self.features[chosen], *others)


@dataclass(frozen=True)
class Memorisation:
    """How many samples may be copies, and how many of the real images look like copies of each other.

    Attributes:
        near_samples: share of the samples that are near copies of a real image, in [0, 1].
        near_real: share of the real images that are near copies of another one, in [0, 1].
        p_value: chance that so many samples were near copies if they were no more so than the real images.
        n: samples.
        n_real: real images, without those that are there twice.
    """

    near_samples: float
    near_real: float
    p_value: float
    n: int
    n_real: int

    @property
    def suspected(self) -> bool:
        """Whether more samples are near copies than chance explains."""
        return self.p_value < ALARM

    def as_dict(self) -> dict[str, float | int]:
        """Plain values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, figures: object) -> "Memorisation":
        """Make it of what `as_dict` gave.

        Args:
            figures: by name.

        Returns:
            The same again.

        Raises:
            GanmendError: no mapping, or a figure is missing, unknown or no number.
        """
        names = [entry.name for entry in fields(cls)]
        if not isinstance(figures, Mapping) or sorted(figures) != sorted(names):
            raise GanmendError(f"the figures of memorisation are {figures!r:.80}; expected {', '.join(names)}")
        if any(type(value) not in (int, float) for value in figures.values()):
            raise GanmendError(f"the figures of memorisation are {dict(figures)!r:.80}; expected numbers")
        return cls(**figures)


@dataclass(frozen=True)
class Neighbours:
    """The real image that is nearest to each of N images.

    Attributes:
        ratios: (N,) its distance in units of the mean distance of the NEAREST nearest, in [0, 1].
        indices: (N,) which one it is.
    """

    ratios: Tensor
    indices: Tensor


def thumbnails(images: Tensor) -> Tensor:
    """Images (N, 3, H, W) averaged to (N, 3, SIDE, SIDE)."""
    return adaptive_avg_pool2d(images.float(), SIDE)


def memorisation(samples: Views, real: Views) -> tuple[Memorisation, Neighbours] | None:
    """Look for copies of real images among samples.

    Args:
        samples: what is to be judged.
        real: all real images at hand, those that a search matched too; thumbnails count where both sides have them.

    Returns:
        The figures, and the real image nearest to each sample; None where fewer than FEWEST different real images came.
    """
    if samples.thumbnails is None or real.thumbnails is None:
        samples, real = Views(samples.features, mirrored=samples.mirrored), Views(real.features)
    scales = _scales(real)
    kept = _different(real, scales)
    if len(kept) < FEWEST:
        return None
    real = real[kept]
    found = nearest(samples, real, scales)
    usual = nearest(real[:CALIBRATED], real, scales, themselves=True)
    near, near_real = (int((side.ratios < NEAR).sum()) for side in (found, usual))
    n, n_real = len(samples), len(usual.ratios)
    p_value = chance_of_as_many(near, n, near_real, n_real)
    figures = Memorisation(near / n, near_real / n_real, p_value, n, len(real))
    return figures, Neighbours(found.ratios, kept[found.indices])


def nearest(some: Views, real: Views, scales: list[float], *, themselves: bool = False) -> Neighbours:
    """The nearest real image of each, and how much nearer than the others it is.

    Args:
        some: images.
        real: at least two of them.
        scales: unit of distance in each view.
        themselves: whether `some` are the first of `real`: none is its own neighbour then.

    Returns:
        Ratios and indices.
    """
    ratios, indices = [], []
    for rows in torch.arange(len(some)).split(max(1, CELLS // len(real))):
        views = _distances(some[rows], real)
        # Each view in its own unit, then as if all were coordinates of one space: (rows, M).
        distances = torch.stack([view / scale for view, scale in zip(views, scales, strict=True)]).norm(dim=0)
        if themselves:
            distances[torch.arange(len(rows)), rows] = torch.inf
        values, found = distances.topk(min(NEAREST, len(real) - 1), largest=False)  # ascending: (rows, NEAREST)
        ratios.append(values[:, 0] / values.mean(1))
        indices.append(found[:, 0])
    return Neighbours(torch.cat(ratios), torch.cat(indices))


def chance_of_as_many(near: int, n: int, near_real: int, n_real: int) -> float:
    """P that at least `near` of n samples are near copies, where `near_real` of n_real real images are.

    The share of near copies is unknown: as of PRIORS, then the real images are seen. The number among the samples is
    beta-binomial then, once for each prior, which count by how well they foretold the real images.

    Args:
        near: samples that are near copies.
        n: samples.
        near_real: real images that are.
        n_real: real images.

    Returns:
        The chance, in [0, 1].
    """
    k = torch.arange(near, n + 1, dtype=torch.float64)
    ways = -_log_beta(k + 1, n - k + 1) - math.log(n + 1)  # of choosing k among n
    evidence, tails = [], []
    for chance, before, others_before in PRIORS:
        shape = (before + near_real, others_before + n_real - near_real)
        usual = _log_beta(*shape)
        evidence.append(math.log(chance) + usual - _log_beta(before, others_before))
        tails.append((ways + _log_beta(k + shape[0], n - k + shape[1]) - usual).exp().sum())
    return min(1.0, (torch.stack(evidence).softmax(0) * torch.stack(tails)).sum().item())


def _log_beta(a: Tensor | float, b: Tensor | float) -> Tensor:
    a, b = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b))
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)


def _distances(some: Views, real: Views) -> list[Tensor]:
    """Distances (N, M) in each view; an image is as near as its mirror image is."""
    views = [_nearer(some.features, some.mirrored, real.features)]
    if some.thumbnails is not None and real.thumbnails is not None:
        # (N, 3, SIDE, SIDE) -> (N, 3 * SIDE * SIDE)
        flat = (part.flatten(1) for part in (some.thumbnails, some.thumbnails.flip(-1), real.thumbnails))
        views.append(_nearer(*flat))
    return views


def _nearer(some: Tensor, mirrored: Tensor | None, real: Tensor) -> Tensor:
    """The smaller one of two distances (N, M); in float64, since float32's of equal vectors would not be 0."""
    sides = (some,) if mirrored is None else (some, mirrored)
    return torch.stack([torch.cdist(side.double(), real.double()) for side in sides]).amin(0)


def _scales(real: Views) -> list[float]:
    """The median distance between real images in each view, of the first 500 of them; 1 where all are the same."""
    views = _distances(real[:500], real[:500])
    return [view[view > 0].median().item() if (view > 0).any() else 1.0 for view in views]


def _different(real: Views, scales: list[float]) -> Tensor:
    """Indices of the real images, of those that are the same or mirror images only the first."""
    kept = []
    for rows in torch.arange(len(real)).split(max(1, CELLS // len(real))):
        same = _distances(real[rows], real)[-1] < SAME * scales[-1]
        kept.append(~(same & (torch.arange(len(real)) < rows[:, None])).any(1))  # (M,) < (rows, 1): earlier ones
    return torch.cat(kept).nonzero()[:, 0]
