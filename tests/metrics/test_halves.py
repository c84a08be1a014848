"""Figures of random halves: each is the figure of its half, and their spread is that of whole samples."""

import pytest
import torch
from torch import Tensor

from ganmend.metrics.distances import frechet_distance, kernel_distance
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.halves import FEWEST, HALVES, MOST, Observed, _halves, figures_of_halves
from ganmend.metrics.prdc import prdc
from tests.metrics.drawn import normal

COMPARED = {"fid", "kid", "precision", "recall", "density", "coverage"}


@pytest.mark.parametrize(("n", "m"), [(60, 41), (37, 150), (12, 12)])
def test_each_is_the_figure_of_its_half_against_half_of_the_real_images(n: int, m: int) -> None:
    fake, real = normal(n, 5) + 0.3, normal(m, 5, seed=1)
    hits, probability = normal(n, 1, seed=2)[:, 0] > 0, normal(n, 1, seed=3)[:, 0].sigmoid()
    found = figures_of_halves(Observed(fake, hits, probability), real)
    chosen, real_chosen = _halves(n, seed=0), _halves(m, seed=1)
    for i in (0, 7, HALVES - 1):
        some, others = fake[chosen[i]], real[real_chosen[i]]
        counted = prdc(others, some)
        assert {key: values[i].item() for key, values in found.items()} == pytest.approx(
            {
                "judge_accuracy": hits[chosen[i]].double().mean().item(),
                "judge_probability": probability[chosen[i]].double().mean().item(),
                "diversity": mean_pairwise_distance(some),
                "fid": frechet_distance(fit_gaussian(others), fit_gaussian(some)),
                "kid": unbiased_kid(others, some),
                "precision": counted.precision,
                "recall": counted.recall,
                "density": counted.density,
                "coverage": counted.coverage,
            },
            rel=1e-5,
            abs=1e-7,
        )


def unbiased_kid(real: Tensor, fake: Tensor) -> float:
    """Over all pairs; `kernel_distance` takes as many of either side."""
    if len(real) == len(fake):
        return kernel_distance(real, fake, subsets=1)

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a.double() @ b.double().T / a.shape[1] + 1) ** 3

    def within(a: Tensor) -> Tensor:
        return kernel(a, a)[~torch.eye(len(a), dtype=torch.bool)].mean()

    return (within(real) + within(fake) - 2 * kernel(real, fake).mean()).item()


def test_halves_are_without_repetition_and_reach_all() -> None:
    chosen = _halves(31, seed=0)
    assert chosen.shape == (HALVES, 15)
    assert all(len(set(half.tolist())) == 15 for half in chosen)
    assert set(chosen.flatten().tolist()) == set(range(31))
    assert torch.equal(chosen, _halves(31, seed=0))
    assert not torch.equal(chosen, _halves(31, seed=1))


def test_what_is_not_known_has_no_halves() -> None:
    fake, real = normal(FEWEST, 3), normal(FEWEST, 3, seed=1)
    assert set(figures_of_halves(Observed(fake), real)) == COMPARED | {"diversity"}
    assert set(figures_of_halves(Observed(fake), None)) == {"diversity"}
    assert set(figures_of_halves(Observed(fake), real[1:])) == {"diversity"}
    assert figures_of_halves(Observed(fake[1:]), real) == {}


def test_the_first_2000_of_either_side_count() -> None:
    assert MOST == 2000
    fake, hits = normal(MOST + 9, 1), torch.arange(MOST + 9) % 3 == 0
    found, first = (figures_of_halves(Observed(fake[:n], hits[:n], hits[:n].double()), None) for n in (MOST + 9, MOST))
    assert all(torch.equal(found[key], first[key]) for key in first)


def test_equal_vectors_have_no_spread() -> None:
    found = figures_of_halves(Observed(torch.ones(20, 3)), torch.ones(30, 3))
    assert all(values.std() == pytest.approx(0, abs=1e-9) for values in found.values())
    assert found["coverage"][0] == 1
