"""Figures of random halves of samples and real images: how far a figure moves by the choice of either."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.metrics.distances import fid_of_features
from ganmend.metrics.prdc import NEIGHBOURS

HALVES = 100
FEWEST = 2 * (NEIGHBOURS + 1)  # of samples and of real images: a half must hold more than NEIGHBOURS
MOST = 2000  # samples and real images that count; 4 million distances of doubles take 32 MB
NEAREST = 48  # that are sorted: a half without NEIGHBOURS of them comes once in 10^9

Figures = Mapping[str, Tensor]


@dataclass(frozen=True)
class Observed:
    """What a judge saw on samples, one row a sample.

    Attributes:
        features: (N, F).
        hits: (N,) whether it took the sample for the class, or None where it does not know the class.
        probability: (N,) that it gave the class, or None.
    """

    features: Tensor
    hits: Tensor | None = None
    probability: Tensor | None = None


def figures_of_halves(observed: Observed, real: Tensor | None) -> dict[str, Tensor]:
    """Figures of HALVES random halves of the samples, each against a random half of the real images.

    Halves are drawn without repetition. Over them a mean has the variance (1 - 1/2) s^2 / (N / 2) = s^2 / N, which is
    that of a mean over all N images of one draw after another: the delete-half jackknife (Shao and Wu 1989). Figures
    that count neighbours spread a little more than that. The bootstrap would spoil these, since it repeats images,
    which then are their own nearest neighbours.

    The halves depend on N and M alone: figures of two edits on as many samples are paired half by half.

    Args:
        observed: of the samples; of more than MOST the first ones count.
        real: (M, F) features of real images, likewise, or None.

    Returns:
        By the name of the Verdict's field (HALVES,) float64; empty below FEWEST samples, and below FEWEST real images
        without what compares with them.
    """
    fake = observed.features[:MOST].double().cpu()
    if len(fake) < FEWEST:
        return {}
    chosen = _halves(len(fake), seed=0)
    among = torch.cdist(fake, fake)
    found = {"diversity": _mean_of_pairs(among, chosen)}
    for name, column in (("judge_accuracy", observed.hits), ("judge_probability", observed.probability)):
        if column is not None:
            found[name] = column[:MOST].double().cpu()[chosen].mean(1)
    if real is not None and len(real) >= FEWEST:
        found |= _against(real[:MOST].double().cpu(), fake, among, chosen)
    return found


def _halves(n: int, seed: int) -> Tensor:
    """(HALVES, n // 2) indices below n, none twice in a row."""
    return torch.rand(HALVES, n, generator=torch.Generator().manual_seed(seed)).argsort(1)[:, : n // 2]


def _against(real: Tensor, fake: Tensor, among: Tensor, chosen: Tensor) -> dict[str, Tensor]:
    """What compares samples (N, F), of which (HALVES, N / 2) are chosen, with real images (M, F)."""
    real_chosen = _halves(len(real), seed=1)
    pairs = list(zip(real_chosen, chosen, strict=True))
    neighbours = zip(*_neighbours_of_halves(real, fake, among, pairs), strict=True)
    names = ("precision", "recall", "density", "coverage")
    return {
        "fid": torch.tensor([fid_of_features(real[some], fake[others]) for some, others in pairs], dtype=torch.float64),
        "kid": _kid_of_halves(real, fake, real_chosen, chosen),
        **{name: torch.tensor(column, dtype=torch.float64) for name, column in zip(names, neighbours, strict=True)},
    }


def _mean_of_pairs(matrix: Tensor, chosen: Tensor) -> Tensor:
    """Mean of a matrix (N, N) over all pairs of different chosen ones (HALVES, n): (HALVES,)."""
    n = chosen.shape[1]
    members = _members(chosen, len(matrix))
    whole = ((members @ matrix) * members).sum(1)  # (HALVES, N) @ (N, N), each half's rows and columns
    return (whole - members @ matrix.diagonal()) / (n * (n - 1))


def _members(chosen: Tensor, n: int) -> Tensor:
    """1 where one of n is chosen, 0 elsewhere: (HALVES, n) float64."""
    return torch.zeros(len(chosen), n, dtype=torch.float64).scatter_(1, chosen, 1)


def _kid_of_halves(real: Tensor, fake: Tensor, real_chosen: Tensor, chosen: Tensor) -> Tensor:
    """(HALVES,) unbiased estimates over all pairs of a half, with the kernel of `kernel_distance`."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    size = real_chosen.shape[1] * chosen.shape[1]
    across = (_members(real_chosen, len(real)) @ kernel(real, fake) * _members(chosen, len(fake))).sum(1) / size
    within = _mean_of_pairs(kernel(real, real), real_chosen) + _mean_of_pairs(kernel(fake, fake), chosen)
    return within - 2 * across


def _neighbours_of_halves(
    real: Tensor, fake: Tensor, among: Tensor, pairs: list[tuple[Tensor, Tensor]]
) -> Iterator[tuple[float, float, float, float]]:
    """Precision, recall, density and coverage of each half, as of `prdc`, from distances taken once."""
    real_radii, fake_radii = _Radii(torch.cdist(real, real).float()), _Radii(among.float())
    across = torch.cdist(real, fake).float()  # half the bytes to read a hundred times
    for some, others in pairs:
        distances = across[some][:, others]  # (M / 2, N / 2)
        in_real_ball = distances <= real_radii.of(some)[:, None]
        balls = in_real_ball.float().sum(0)
        recalled = (distances <= fake_radii.of(others)).any(1)
        yield (
            (balls > 0).double().mean().item(),
            recalled.double().mean().item(),
            balls.mean().item() / NEIGHBOURS,
            in_real_ball.any(1).double().mean().item(),
        )


class _Radii:
    """Distances to the NEIGHBOURS-th nearest other of a half, for any half."""

    def __init__(self, distances: Tensor) -> None:
        """Sort the nearest others, given distances (N, N)."""
        alone = distances.clone().fill_diagonal_(torch.inf)
        self.nearest = alone.topk(min(NEAREST, len(alone) - 1), largest=False)  # sorted, (N, NEAREST)

    def of(self, chosen: Tensor) -> Tensor:
        """(n,) radii of the chosen (n,)."""
        distances, others = self.nearest
        member = torch.zeros(len(distances), dtype=torch.bool)
        member[chosen] = True
        passed = member[others[chosen]].cumsum(1) < NEIGHBOURS  # before the wanted one, in order of distance
        place = passed.sum(1, keepdim=True).clamp(max=distances.shape[1] - 1)
        return distances[chosen].gather(1, place)[:, 0]
