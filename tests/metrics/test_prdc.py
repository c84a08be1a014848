"""Precision, recall, density and coverage: counted by hand on a line, and by brute force."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ganmend.errors import OptionError
from ganmend.metrics.prdc import NEIGHBOURS, ROWS, Prdc, neighbour_radii, prdc
from tests.metrics.drawn import normal

REAL = torch.tensor([[0.0], [2.0], [5.0], [9.0]])
FAKE = torch.tensor([[1.0], [2.0], [3.0], [30.0], [40.0]])


def test_radii_by_hand() -> None:
    assert neighbour_radii(REAL, 1).tolist() == [2, 2, 3, 4]
    assert neighbour_radii(REAL, 2).tolist() == [5, 3, 4, 7]
    assert neighbour_radii(FAKE, 1).tolist() == [1, 1, 1, 10, 10]


def test_prdc_by_hand() -> None:
    # Real balls [-2, 2], [0, 4], [2, 8], [5, 13] hold the fake 1 2 | 1 2 3 | 2 3 | nothing: borders count.
    # Fake balls [0, 2], [1, 3], [2, 4], [20, 40], [30, 50] hold the real 0 2 | 2 | 2 | nothing | nothing.
    assert prdc(REAL, FAKE, 1) == Prdc(precision=3 / 5, recall=2 / 4, density=7 / 5 / 1, coverage=3 / 4)
    # The other way round precision and recall change places, and the fake balls are those that count.
    assert prdc(FAKE, REAL, 1) == Prdc(precision=2 / 4, recall=3 / 5, density=4 / 4 / 1, coverage=3 / 5)


def test_prdc_by_hand_with_two_neighbours() -> None:
    # Real balls [-5, 5], [-1, 5], [1, 9], [2, 16] hold 3, 3, 3 and 2 of the fake; fake balls [-1, 3], [1, 3], [1, 5],
    # [3, 57], [3, 77] hold 0 2 | 2 | 2 5 | 5 9 | 5 9.
    assert prdc(REAL, FAKE, 2) == Prdc(precision=3 / 5, recall=1, density=11 / 5 / 2, coverage=1)


def test_prdc_of_sets_far_apart() -> None:
    assert prdc(normal(50), normal(50) + 1000) == Prdc(0, 0, 0, 0)


def test_prdc_of_a_set_with_itself() -> None:
    found = prdc(normal(100), normal(100))
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    # Each ball holds its centre and k others, counted against k; radii are exact, so borders count.
    assert found.density == pytest.approx((NEIGHBOURS + 1) / NEIGHBOURS, rel=1e-9)


def test_a_collapsed_class_is_precise_and_covers_little() -> None:
    real = normal(200)
    found = prdc(real, real[:1] + 1e-4 * normal(200, seed=1))
    assert found.precision == 1
    assert found.recall < 0.05
    assert found.coverage < 0.1


def test_precision_and_recall_change_places_with_the_sets() -> None:
    wide, narrow = normal(150), 0.2 * normal(100, seed=1)
    one, other = prdc(wide, narrow), prdc(narrow, wide)
    assert (one.precision, one.recall) == (other.recall, other.precision)
    assert one.precision > 0.9 > 0.5 > one.recall


def brute_force(real: Tensor, fake: Tensor, k: int) -> tuple[float, float, float, float]:
    """The four as Naeem et al. 2020 define them, with distances by plain subtraction."""
    x, y = real.double().numpy(), fake.double().numpy()

    def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    radius_x, radius_y = np.sort(distances(x, x), 1)[:, k], np.sort(distances(y, y), 1)[:, k]
    inside = distances(x, y) <= radius_x[:, None]
    recall = (distances(x, y) <= radius_y).any(1).mean()
    return inside.any(0).mean(), recall, inside.sum(0).mean() / k, inside.any(1).mean()


@given(st.integers(7, 40), st.integers(7, 40), st.integers(1, 6), st.floats(0, 2), st.integers(0, 1000))
@settings(max_examples=40)
def test_prdc_by_brute_force(m: int, n: int, k: int, shift: float, seed: int) -> None:
    real, fake = normal(m, seed=seed), normal(n, seed=seed + 1) + shift
    found = prdc(real, fake, k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(brute_force(real, fake, k))


def test_prdc_over_several_slices_with_five_neighbours() -> None:
    real, fake = normal(ROWS + 30), normal(ROWS + 10, seed=1) + 0.3
    found = prdc(real, fake)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(brute_force(real, fake, 5))


@pytest.mark.parametrize(("m", "n"), [(5, 50), (50, 5)])
def test_prdc_needs_more_than_k_of_each(m: int, n: int) -> None:
    with pytest.raises(OptionError, match=f"{m} real and {n} generated.*more than 5"):
        prdc(normal(m), normal(n))
    assert prdc(normal(6), normal(6)).precision == 1
