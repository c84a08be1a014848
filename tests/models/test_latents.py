"""Sample i of a seed is the same whatever is drawn with it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganmend.catalog.names import find_class
from ganmend.errors import ClassNameError
from ganmend.models.latents import sample_latents
from tests.conftest import CIFAR10


@given(st.integers(0, 2**40), st.integers(1, 6), st.integers(0, 50), st.sampled_from([None, 0.4, 1.0]))
def test_batches_do_not_matter(seed: int, n: int, start: int, truncation: float | None) -> None:
    together = sample_latents(seed, n, 8, start=start, truncation=truncation)
    alone = [sample_latents(seed, 1, 8, start=start + k, truncation=truncation) for k in range(n)]
    assert torch.equal(together, torch.cat(alone))


def test_seeds_and_purposes_differ() -> None:
    streams = [sample_latents(0, 4, 8), sample_latents(1, 4, 8), sample_latents(0, 4, 8, purpose="validation")]
    assert not torch.equal(streams[0], streams[1])
    assert not torch.equal(streams[0], streams[2])


def test_moments_of_a_normal() -> None:
    z = sample_latents(0, 500, 80)  # 40,000 numbers: standard error of the mean 0.005, of the deviation 0.0035
    assert abs(z.mean()) < 0.025
    assert abs(z.std() - 1) < 0.018


@pytest.mark.parametrize("truncation", [0.2, 0.5, 1.0])
def test_truncation_bounds(truncation: float) -> None:
    z = sample_latents(0, 200, 80, truncation=truncation)
    assert z.abs().max() <= 2 * truncation
    # Deviation of N(0, 1) cut at 2 is sqrt(1 - 4 pdf(2) / erf(sqrt 2)) = 0.8796; 16,000 numbers: error 0.005.
    assert abs(z.std() - 0.8796 * truncation) < 0.025 * truncation


@pytest.mark.parametrize("wanted", ["Frog", "frog ", "6", 6])
def test_a_class_by_name_or_index(wanted: str | int) -> None:
    assert find_class(wanted, CIFAR10) == 6


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ClassNameError, match="frog"):
        find_class("forg", CIFAR10)


@pytest.mark.parametrize("index", ["10", "-1"])
def test_a_wrong_index_is_answered_with_the_range(index: str) -> None:
    with pytest.raises(ClassNameError, match="0 to 9"):
        find_class(index, CIFAR10)
