"""Properties of what a search maximises."""

import pytest
import torch

from ganmend.objective.diversity import disjoint_pairs, diversity_ratio
from ganmend.objective.energy import energy_distance
from ganmend.objective.log_probability import saturated, target_log_probability


def test_log_probability_is_that_of_softmax() -> None:
    logits = torch.randn(2, 3, 5)
    expected = logits.softmax(-1)[..., 4].log()
    torch.testing.assert_close(target_log_probability(logits, torch.tensor([[4], [4]])), expected)


def test_a_confident_sample_no_longer_pulls() -> None:
    log_probability = torch.tensor([0.2, 0.95]).log().requires_grad_()
    saturated(log_probability, 0.9).sum().backward()
    assert log_probability.grad is not None
    assert log_probability.grad.tolist() == [1, 0]
    assert torch.equal(saturated(log_probability, 1.0), log_probability)


def test_pairs_never_repeat_a_sample() -> None:
    for n in (2, 5, 10):
        pairs = disjoint_pairs(n, torch.Generator().manual_seed(n))
        assert pairs.shape == (n // 2, 2)
        assert len(pairs.unique()) == n // 2 * 2


def test_ratio_divides_pair_by_pair_then_averages() -> None:
    """The released code divided a scalar by a vector and crashed."""
    phi = torch.tensor([[[0.0], [3.0], [0.0], [8.0]]])
    z = torch.tensor([[0.0], [1.0], [0.0], [4.0]])
    ratio = diversity_ratio(phi, z, torch.tensor([[0, 1], [2, 3]]))
    assert ratio.tolist() == pytest.approx([(3 / 1 + 8 / 4) / 2])


def test_ratio_scales_with_features_and_against_latents() -> None:
    phi, z, pairs = torch.randn(2, 6, 7), torch.randn(6, 4), torch.tensor([[0, 1], [2, 3], [4, 5]])
    torch.testing.assert_close(diversity_ratio(3 * phi, 2 * z, pairs), 1.5 * diversity_ratio(phi, z, pairs))


def test_gradient_is_finite_where_images_are_identical() -> None:
    phi = torch.zeros(1, 4, 3, requires_grad=True)
    diversity_ratio(phi, torch.randn(4, 2), torch.tensor([[0, 1], [2, 3]])).sum().backward()
    assert phi.grad is not None
    assert phi.grad.isfinite().all()
    energy_distance(phi, torch.randn(5, 3)).sum().backward()
    assert phi.grad.isfinite().all()


def test_energy_distance_of_one_distribution_is_about_zero() -> None:
    generator = torch.Generator().manual_seed(0)
    x, real = torch.randn(2, 400, 4, generator=generator)
    same, shifted, collapsed = (energy_distance(fake, real) for fake in (x, x + 1, 0.01 * x))
    # A degenerate estimate: its spread is of the order 2 E|x - y| / n = 2 * 2.7 / 400 = 0.014.
    assert abs(same) < 0.05 < 0.2 < min(shifted, collapsed)


def test_energy_distance_is_the_sum_over_pairs() -> None:
    x, y = torch.randn(3, 5, 2), torch.randn(4, 2)
    for trial in range(3):
        across = (x[trial][:, None] - y[None]).norm(dim=-1).mean()
        within = torch.pdist(x[trial]).mean()
        real = torch.pdist(y).mean()
        torch.testing.assert_close(energy_distance(x, y)[trial], 2 * across - within - real, rtol=1e-4, atol=1e-4)
