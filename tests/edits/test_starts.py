"""Where a search starts: the paper's initialisations, their noise, the table's range, the nearest rows."""

import pytest
import torch

from ganmend.edits.bounds import project, table_bounds
from ganmend.edits.initialisations import INITIALISATIONS
from ganmend.edits.nearest import Neighbour, nearest_rows
from ganmend.edits.starts import PAPER_NOISE, initial_embeddings
from ganmend.errors import OptionError

TABLE = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
RANKING = torch.tensor([3, 1, 4, 0, 2])


def start(method: str, trials: int = 3, table: torch.Tensor = TABLE, **options: object) -> torch.Tensor:
    found = {"target_row": 2, "ranking": RANKING, "candidates": table[[4, 0]]}
    settings = {"noise": 0.0, "seed": 0} | found | options
    return initial_embeddings(table, method, trials, **settings)  # type: ignore[arg-type]


def test_each_method_takes_its_rows() -> None:
    torch.testing.assert_close(start("mean"), TABLE.mean(0).expand(3, -1))
    assert torch.equal(start("best"), TABLE[[4, 0, 4]]), "candidates repeat when there are more trials"
    assert torch.equal(start("top"), TABLE[[3, 1, 4]])
    assert torch.equal(start("target"), TABLE[[2, 2, 2]])
    assert torch.equal(start("top", 7), TABLE[[3, 1, 4, 0, 2, 3, 1]]), "as rows do"


def test_random_rows_are_different_ones_by_the_seed() -> None:
    rows = start("random", 7)
    assert all((row == TABLE).all(1).any() for row in rows)
    assert len(rows[:5].unique(dim=0)) == 5
    assert torch.equal(rows[5:], rows[:2])
    assert torch.equal(start("random"), rows[:3])
    assert len({str(start("random", seed=seed)) for seed in range(5)}) > 1


def test_the_released_recipes_noise() -> None:
    assert INITIALISATIONS == ("best", "mean", "top", "random", "target")
    assert PAPER_NOISE == {"best": 0.0, "mean": 0.1, "top": 0.0, "random": 0.0, "target": 0.1}


@pytest.mark.parametrize("noise", [None, 0.3])
@pytest.mark.parametrize("method", INITIALISATIONS)
def test_noise_is_gaussian_of_that_standard_deviation(method: str, noise: float | None) -> None:
    wide = torch.randn(5, 10_000)
    added = start(method, 2, wide, noise=noise) - start(method, 2, wide)
    spread = {"mean": 0.1, "target": 0.1}.get(method, 0.0) if noise is None else noise
    # The standard error of a standard deviation from 20 000 numbers is 0.5 % of it, of the mean 0.7 %; five of each.
    assert added.std().item() == pytest.approx(spread, rel=0.025, abs=1e-9)
    assert added.mean().abs().item() <= 0.035 * spread + 1e-9
    if spread:
        assert not torch.equal(added[0], added[1]), "each trial has noise of its own"
        assert (added.abs() > 3 * spread).float().mean() < 0.01, "0.27 % of a Gaussian lie outside three"
        assert (added.abs() > spread).float().mean() == pytest.approx(0.317, abs=0.02)
        assert torch.equal(start(method, 2, wide, noise=noise), start(method, 2, wide, noise=noise))
        assert not torch.equal(start(method, 2, wide, noise=noise), start(method, 2, wide, noise=noise, seed=1))


def test_unknown_and_impossible_methods_are_refused() -> None:
    with pytest.raises(OptionError, match="'nearest'; expected one of best, mean, top, random, target"):
        start("nearest")
    with pytest.raises(OptionError, match="'target' needs a class that the generator has"):
        start("target", target_row=None)
    assert torch.equal(start("target", target_row=0), TABLE[[0, 0, 0]])


def test_projection_onto_the_tables_range() -> None:
    bounds = table_bounds(torch.tensor([[-0.5, 0.25], [0.125, 0.75]]))
    assert bounds == (-0.5, 0.75)
    embedding = torch.tensor([[-3.0, 0.5], [2.0, -0.5]])
    assert project(embedding, bounds) is embedding
    assert embedding.tolist() == [[-0.5, 0.5], [0.75, -0.5]]


def test_the_nearest_rows_are_those_of_the_smallest_angle() -> None:
    table = torch.tensor([[0.0, 1.0], [3.0, 4.0], [10.0, 0.0], [-1.0, 0.0]])
    found = nearest_rows(table, torch.tensor([2.0, 0.0]), 3)
    assert [one.index for one in found] == [2, 1, 0]
    assert [one.cosine for one in found] == pytest.approx([1.0, 3 / 5, 0.0])
    assert [one.distance for one in found] == pytest.approx([8.0, 17**0.5, 5**0.5])
    assert isinstance(found[0], Neighbour)
    assert len(nearest_rows(table, table[0], 9)) == 4
    assert len(nearest_rows(table.repeat(2, 1), table[0])) == 5
