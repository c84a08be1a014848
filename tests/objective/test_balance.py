"""The mean answer over samples is brought to the wished shares, and each sample to one attribute."""

import math

import pytest
import torch

from ganmend.objective.balance import imbalance, unsureness

WISHED = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)


def sure(*counts: int) -> torch.Tensor:
    """Logits (N, attributes) of as many sure samples of each attribute."""
    shown = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return 40.0 * torch.nn.functional.one_hot(shown, len(counts)).double()


def by_hand(logits: torch.Tensor, shares: torch.Tensor) -> tuple[float, float]:
    """Both terms sample by sample and attribute by attribute."""
    answers = [[math.exp(x) / sum(math.exp(y) for y in row) for x in row] for row in logits.tolist()]
    mean = [sum(column) / len(answers) for column in zip(*answers, strict=True)]
    divergence = sum(s * math.log(s / m) for s, m in zip(shares.tolist(), mean, strict=True) if s)
    return divergence, -sum(p * math.log(p) for row in answers for p in row) / len(answers)


@pytest.mark.parametrize("shares", [WISHED, torch.tensor([0.0, 0.9, 0.1], dtype=torch.float64)], ids=["all", "a zero"])
def test_both_terms_are_as_computed_by_hand_each_trial_alone(shares: torch.Tensor) -> None:
    logits = torch.randn(2, 5, 3, dtype=torch.float64)
    for trial in range(2):
        expected = by_hand(logits[trial], shares)
        assert imbalance(logits, shares)[trial].item() == pytest.approx(expected[0])
        assert unsureness(logits)[trial].item() == pytest.approx(expected[1])


def test_sure_samples_in_the_wished_shares_cost_nothing() -> None:
    assert imbalance(sure(2, 5, 3), WISHED).item() == pytest.approx(0, abs=1e-12)
    assert unsureness(sure(2, 5, 3)).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("counts", [(5, 2, 3), (2, 3, 5), (3, 5, 2), (1, 6, 3), (10, 0, 0)], ids=str)
def test_other_shares_cost_and_the_further_the_more(counts: tuple[int, int, int]) -> None:
    found = imbalance(sure(*counts), WISHED).item()
    assert found > 0.01
    assert (found > 1) == (0 in counts), "an attribute that is missing costs most"


def test_samples_that_are_half_of_each_are_balanced_but_not_sure() -> None:
    halves = torch.zeros(6, 2)
    assert imbalance(halves, torch.tensor([0.5, 0.5])).item() == pytest.approx(0, abs=1e-6)
    assert unsureness(halves).item() == pytest.approx(math.log(2))
    assert unsureness(torch.tensor([[0.0, 4.0]])) < unsureness(torch.tensor([[0.0, 1.0]]))


def test_an_attribute_that_no_sample_shows_still_pulls() -> None:
    logits = torch.tensor([[60.0, 0.0]] * 4).requires_grad_()
    imbalance(logits, torch.tensor([0.5, 0.5])).backward()
    assert logits.grad is not None
    # d KL / d logit of the missing one is -share, shared among the N samples, however small its probability.
    torch.testing.assert_close(logits.grad[:, 1], torch.full((4,), -0.5 / 4))


def test_the_gradient_is_that_of_finite_differences() -> None:
    logits = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: imbalance(x, WISHED), logits)
    assert torch.autograd.gradcheck(unsureness, logits)
