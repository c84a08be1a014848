"""A condition of many samples: spread, parted, moved and interpolated, offsets with embeddings."""

import pytest
import torch

from ganmend.models.condition import Condition


@pytest.fixture
def condition() -> Condition:
    return Condition(torch.randn(5, 3), torch.randn(5, 4))


def test_one_for_all_is_spread_without_a_copy() -> None:
    one = Condition(torch.randn(3), torch.randn(4))
    spread = one.expand(5)
    assert torch.equal(spread.embedding, one.embedding.repeat(5, 1))
    assert spread.offsets is not None
    assert torch.equal(spread.offsets, one.offsets.repeat(5, 1))
    assert spread.embedding.data_ptr() == one.embedding.data_ptr()
    assert Condition(torch.randn(1, 3)).expand(2).offsets is None


def test_parts_are_in_order_and_keep_rows_together(condition: Condition) -> None:
    parts = condition.split([2, 0, 3])
    assert [len(part.embedding) for part in parts] == [2, 0, 3]
    assert torch.equal(torch.cat([part.embedding for part in parts]), condition.embedding)
    assert torch.equal(torch.cat([part.offsets for part in parts]), condition.offsets)
    assert [part.offsets for part in Condition(condition.embedding).split([4, 1])] == [None, None]


def test_one_for_all_is_in_every_part() -> None:
    one = Condition(torch.randn(3), torch.randn(4))
    first, second = one.split([2, 1])
    assert torch.equal(first.embedding, one.embedding.repeat(2, 1))
    assert torch.equal(second.offsets, one.offsets[None])


def test_between_two_conditions(condition: Condition) -> None:
    other = Condition(torch.randn(5, 3), torch.randn(5, 4))
    quarter = condition.lerp(other, 0.25)
    torch.testing.assert_close(quarter.embedding, 0.75 * condition.embedding + 0.25 * other.embedding)
    torch.testing.assert_close(quarter.offsets, 0.75 * condition.offsets + 0.25 * other.offsets)
    for share, end in ((0.0, condition), (1.0, other)):
        assert torch.equal(condition.lerp(other, share).embedding, end.embedding)
        assert torch.equal(condition.lerp(other, share).offsets, end.offsets)


def test_offsets_that_one_lacks_are_zero(condition: Condition) -> None:
    bare = Condition(torch.randn(5, 3))
    torch.testing.assert_close(condition.lerp(bare, 0.25).offsets, 0.75 * condition.offsets)
    torch.testing.assert_close(bare.lerp(condition, 0.25).offsets, 0.25 * condition.offsets)
    assert bare.lerp(bare, 0.5).offsets is None


def test_both_parts_go_to_a_device(condition: Condition) -> None:
    away = condition.to(torch.device("meta"))
    assert (away.embedding.device.type, away.offsets.device.type) == ("meta", "meta")
    assert Condition(condition.embedding).to(torch.device("meta")).offsets is None


def test_conditions_are_told_apart_by_identity(condition: Condition) -> None:
    assert condition == condition
    assert condition != Condition(condition.embedding, condition.offsets)
