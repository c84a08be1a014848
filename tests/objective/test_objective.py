"""Log-probability of the target, and the diversity ratio."""

import math

import pytest
import torch

from ganmend.errors import OptionError
from ganmend.objective.diversities import DIVERSITIES
from ganmend.objective.diversity import disjoint_pairs, distance, diversity_ratio, representation
from ganmend.objective.log_probability import saturated, target_log_probability


def test_log_probability_is_that_of_softmax() -> None:
    logits = torch.randn(2, 3, 5)
    expected = logits.softmax(-1)[..., 4].log()
    torch.testing.assert_close(target_log_probability(logits, torch.tensor([[4], [4]])), expected)
    two = target_log_probability(torch.tensor([[0.0, math.log(3)]]), torch.tensor([1]))
    assert two.tolist() == pytest.approx([math.log(3 / 4)])


def test_each_row_has_its_own_target() -> None:
    logits = torch.randn(2, 3, 5)
    found = target_log_probability(logits, torch.tensor([[1], [4]]))
    torch.testing.assert_close(found, torch.stack([logits[0].log_softmax(1)[:, 1], logits[1].log_softmax(1)[:, 4]]))


def test_a_confident_sample_no_longer_pulls() -> None:
    log_probability = torch.tensor([0.2, 0.95]).log().requires_grad_()
    held = saturated(log_probability, 0.9)
    assert held.exp().tolist() == pytest.approx([0.2, 0.9])
    held.sum().backward()
    assert log_probability.grad is not None
    assert log_probability.grad.tolist() == [1, 0]


@pytest.mark.parametrize("ceiling", [1.0, 2.0])
def test_no_ceiling_changes_nothing(ceiling: float) -> None:
    log_probability = torch.tensor([-3.0, -1e-9, 0.0])
    assert torch.equal(saturated(log_probability, ceiling), log_probability)


def test_a_ceiling_just_below_one_counts() -> None:
    assert saturated(torch.zeros(1), 0.999).item() == pytest.approx(math.log(0.999), rel=1e-3)


def test_pairs_never_repeat_a_sample() -> None:
    for n in (2, 5, 10):
        pairs = disjoint_pairs(n, torch.Generator().manual_seed(n))
        assert pairs.shape == (n // 2, 2)
        assert len(pairs.unique()) == n // 2 * 2
        assert pairs.max() < n


def test_pairs_come_from_the_given_random_numbers_alone() -> None:
    first, second = (disjoint_pairs(20, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, disjoint_pairs(20, torch.Generator().manual_seed(2)))


def test_pairs_are_random_and_even_an_odd_one_out_changes() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [disjoint_pairs(5, generator) for _ in range(40)]
    left_out = [set(range(5)).difference(pairs.flatten().tolist()).pop() for pairs in drawn]
    # One of five stays away in 40 draws with probability 5 * (4 / 5) ** 40 = 0.0007.
    assert set(left_out) == set(range(5))
    partners = {tuple(sorted(pair)) for pairs in drawn for pair in pairs.tolist()}
    assert len(partners) == 10


def test_ratio_divides_pair_by_pair_then_averages() -> None:
    """The released code divided a scalar by a vector and crashed."""
    phi = torch.tensor([[[0.0], [3.0], [0.0], [8.0]]])
    z = torch.tensor([[0.0], [1.0], [0.0], [4.0]])
    ratio = diversity_ratio(phi, z, torch.tensor([[0, 1], [2, 3]]))
    assert ratio.tolist() == pytest.approx([(3 / 1 + 8 / 4) / 2])
    crossed = diversity_ratio(phi, z, torch.tensor([[1, 3]]))
    assert crossed.tolist() == pytest.approx([5 / 3])


def test_ratio_scales_with_features_and_against_latents() -> None:
    phi, z, pairs = torch.randn(2, 6, 7), torch.randn(6, 4), torch.tensor([[0, 1], [2, 3], [4, 5]])
    torch.testing.assert_close(diversity_ratio(3 * phi, 2 * z, pairs), 1.5 * diversity_ratio(phi, z, pairs))


def test_each_trial_may_have_latents_of_its_own() -> None:
    phi, z, pairs = torch.randn(2, 6, 7), torch.randn(2, 6, 4), torch.tensor([[0, 1], [5, 3]])
    alone = torch.cat([diversity_ratio(phi[[trial]], z[trial], pairs) for trial in range(2)])
    torch.testing.assert_close(diversity_ratio(phi, z, pairs), alone)


def test_distance_is_euclidean_with_a_finite_gradient_at_zero() -> None:
    assert distance(torch.tensor([1.0, 5.0]), torch.tensor([4.0, 1.0])).item() == pytest.approx(5)
    assert distance(torch.ones(3), torch.ones(3)).item() == pytest.approx(1e-6)  # sqrt(1e-12), far below any distance
    phi = torch.zeros(1, 4, 3, requires_grad=True)
    diversity_ratio(phi, torch.randn(4, 2), torch.tensor([[0, 1], [2, 3]])).sum().backward()
    assert phi.grad is not None
    assert phi.grad.isfinite().all()


def test_what_diversity_is_measured_in() -> None:
    assert DIVERSITIES == ("none", "softmax", "features", "pixels")
    images, logits, features = torch.randn(2, 6, 3, 4, 4), torch.randn(2, 6, 5), torch.randn(2, 6, 7)
    assert torch.equal(representation("softmax", images, logits, features), logits.softmax(2))
    assert torch.equal(representation("features", images, logits, features), features)
    assert torch.equal(representation("pixels", images, logits, features), images.reshape(2, 6, 48))
    for kind in ("none", "lpips"):
        with pytest.raises(OptionError, match=f"unknown diversity '{kind}'; expected one of none, softmax"):
            representation(kind, images, logits, features)
