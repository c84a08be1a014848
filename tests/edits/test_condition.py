"""How an edit conditions sample i with latent z: the order of its vectors, their shares, its map, its offsets."""

import math

import pytest
import torch

from ganmend.edits.class_edit import GOLDEN, EditTensors

FIBONACCI = (13, 34, 55, 144)


def test_vectors_take_turns_by_the_samples_place_in_the_stream() -> None:
    edit = EditTensors(torch.tensor([[0.0], [1.0], [2.0]]))
    assert edit.turns(7).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert edit.turns(4, start=5).tolist() == [2, 0, 1, 2]
    assert edit.condition(torch.zeros(4, 2), start=5)[1].embedding.flatten().tolist() == [2, 0, 1, 2]


def test_weighted_turns_follow_the_golden_ratio() -> None:
    """Multiples of 0.618...: 0, 0.618, 0.236, 0.854, 0.472, 0.090, 0.708."""
    assert pytest.approx((math.sqrt(5) - 1) / 2, abs=1e-15) == GOLDEN
    halves = EditTensors(torch.zeros(2, 1), weights=torch.tensor([0.5, 0.5]))
    assert halves.turns(7).tolist() == [0, 1, 0, 1, 0, 0, 1]
    assert halves.turns(4, start=3).tolist() == [1, 0, 0, 1]
    thirds = EditTensors(torch.zeros(3, 1), weights=torch.tensor([0.2, 0.3, 0.5]))
    assert thirds.turns(7).tolist() == [0, 2, 1, 2, 1, 0, 2]


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.1, 0.2, 0.7), (0.9, 0.1), (0.25,) * 4, (0.05, 0.95)])
def test_every_stretch_holds_the_vectors_near_their_shares(weights: tuple[float, ...]) -> None:
    """n samples, n a Fibonacci number, lie each less than 1 / n from one of n equally spaced points, all to one side
    (the best approximations of the golden ratio), so that a part of length w holds n w of them but for less than 2."""
    edit = EditTensors(torch.zeros(len(weights), 1), weights=torch.tensor(weights))
    for n in FIBONACCI:
        for start in (0, 1, 17, 1000, 123_456):
            counts = edit.turns(n, start).bincount(minlength=len(weights))
            assert (counts - n * torch.tensor(weights)).abs().max() < 2, (n, start)


def test_shares_are_the_weights_in_the_long_run() -> None:
    weights = torch.tensor([0.123, 0.456, 0.421])
    counts = EditTensors(torch.zeros(3, 1), weights=weights).turns(6765).bincount()  # a Fibonacci number
    torch.testing.assert_close(counts / 6765, weights, rtol=0, atol=2 / 6765)


def test_a_vector_without_weight_is_never_drawn() -> None:
    """Sample 0 lies exactly on the border 0 of the first part, which is empty."""
    assert EditTensors(torch.zeros(2, 1), weights=torch.tensor([0.0, 1.0])).turns(500).unique().tolist() == [1]
    assert EditTensors(torch.zeros(2, 1), weights=torch.tensor([1.0, 0.0])).turns(500).unique().tolist() == [0]
    middle = EditTensors(torch.zeros(3, 1), weights=torch.tensor([0.5, 0.0, 0.5]))
    assert middle.turns(500).unique().tolist() == [0, 2]


def test_a_latent_map_is_applied_as_m_z() -> None:
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])  # a quarter turn to the left; its transpose turns to the right
    fed, _ = EditTensors(torch.zeros(1, 1), latent_map=turn).condition(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    assert fed.tolist() == [[0, 1], [-2, 0]]


def test_without_a_map_latents_stay_and_without_offsets_there_are_none() -> None:
    z = torch.randn(3, 2)
    fed, condition = EditTensors(torch.randn(1, 4)).condition(z)
    assert torch.equal(fed, z)
    assert condition.offsets is None


@pytest.mark.parametrize("parts", [(), ("latent_map",), ("offsets",), ("latent_map", "offsets", "weights")])
def test_edits_side_by_side_condition_as_each_alone(parts: tuple[str, ...]) -> None:
    z = torch.randn(5, 2)
    everything = {"latent_map": torch.randn(4, 2, 2), "offsets": torch.randn(4, 6), "weights": torch.tensor([0.3, 0.7])}
    many = EditTensors(torch.randn(4, 2, 3), **{name: everything[name] for name in parts})
    fed, condition = many.condition(z, start=3)
    assert fed.shape == (20, 2)
    assert condition.embedding.shape == (20, 3)
    for index in range(4):
        alone = many.select(index)
        mine, one = alone.condition(z, start=3)
        rows = slice(5 * index, 5 * index + 5)
        torch.testing.assert_close(fed[rows], mine)
        assert torch.equal(condition.embedding[rows], one.embedding)
        assert (condition.offsets is None) == (one.offsets is None) == ("offsets" not in parts)
        if one.offsets is not None and condition.offsets is not None:
            assert torch.equal(condition.offsets[rows], one.offsets)
            assert torch.equal(one.offsets, everything["offsets"][index].expand(5, -1))
        assert torch.equal(alone.vectors, many.vectors[index])
        assert torch.equal(one.embedding, alone.vectors[alone.turns(5, 3)])
