"""Both ways of attention against PyTorch's own, in float64."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganmend.kernels import attention
from ganmend.kernels.attention import AttendByUnits, AttendInTiles, attend, matrix_units, units_take

# By matrix units, weights, their gradients and results are each rounded to bfloat16, to 2^-9; of an array's norm.
ROUNDED = 3 * 2**-9
CANCELLED = 3  # times that, where a gradient to a score is a small difference of large numbers

by_units = pytest.mark.skipif(matrix_units() is None, reason="no matrix units (AMX), or no compiler at installation")


def _inputs(n: int, queries: int, keys: int, d: int, e: int, dtype: torch.dtype) -> list[Tensor]:
    return [torch.randn(n, *size).to(dtype).requires_grad_() for size in ((queries, d), (keys, d), (keys, e))]


def _results(way: object, inputs: list[Tensor], direction: Tensor) -> tuple[Tensor, ...]:
    """Values, and gradients to query, key and value."""
    out = way(*inputs)  # type: ignore[operator]
    return out.detach(), *torch.autograd.grad(out, inputs, direction)


def _plain(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(query, key, value, scale=1.0)


@pytest.mark.parametrize("cache", [8 << 20, 1], ids=["all images at once", "one row at a time"])
def test_tiles(cache: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "CACHE", cache)
    inputs, direction = _inputs(3, 8, 2, 3, 5, torch.float64), torch.randn(3, 8, 5, dtype=torch.float64)
    pairs = zip(*(_results(way, inputs, direction) for way in (AttendInTiles.apply, _plain)), strict=True)
    for got, expected in pairs:
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


@by_units
@pytest.mark.parametrize(("n", "threads"), [(3, 2), (1, 3)], ids=["image by image", "parts of an image"])
@pytest.mark.parametrize("spread", [1, 30])  # at 30 one key has nearly all the weight, and the largest score moves on
@pytest.mark.parametrize("size", [(64, 32, 3, 5), (256, 768, 24, 96), (384, 1280, 32, 48)])
def test_matrix_units(
    size: tuple[int, int, int, int], spread: int, n: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    query, key, value = _inputs(n, *size, torch.bfloat16)
    inputs = [(query * spread / size[2] ** 0.5).detach().requires_grad_(), key, value]
    assert units_take(*inputs)
    direction = torch.randn(n, size[0], size[3]).bfloat16()
    exact = _results(_plain, [each.detach().double().requires_grad_() for each in inputs], direction.double())
    for got, expected in zip(_results(attend, inputs, direction), exact, strict=True):
        assert got.shape == expected.shape
        assert (got - expected).norm() <= ROUNDED * (CANCELLED if spread > 1 else 1) * expected.norm()


@by_units
def test_gradient_in_another_layout() -> None:
    inputs = _inputs(2, 64, 32, 8, 16, torch.bfloat16)
    direction = torch.randn(2, 16, 64).bfloat16().transpose(1, 2)
    results = (_results(AttendByUnits.apply, inputs, each) for each in (direction, direction.contiguous()))
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected, rtol=0, atol=0)


@by_units
def test_the_largest_score_takes_all_where_scores_are_huge() -> None:
    query, key, value = _inputs(2, 256, 512, 8, 16, torch.bfloat16)
    with torch.no_grad():
        query *= 1e14
    nearest = (query.double() @ key.double().transpose(1, 2)).argmax(2)
    out = attend(query, key, value)
    assert torch.equal(out, value.gather(1, nearest[..., None].expand(-1, -1, 16)))
    gradients = torch.autograd.grad(out, (query, key, value), torch.ones_like(out))
    taken = torch.stack([counts.bincount(minlength=512) for counts in nearest])
    assert torch.equal(gradients[2], taken[..., None].expand(-1, -1, 16).bfloat16())
    assert all(gradient.isfinite().all() for gradient in gradients)


@by_units
def test_not_a_number_stays() -> None:
    query, key, value = _inputs(1, 32, 64, 8, 8, torch.bfloat16)
    with torch.no_grad():
        query[0, 5, 2] = torch.nan
        rows = attend(query, key, value).isnan().all(2)[0]
    assert rows.nonzero().flatten().tolist() == [5]


@by_units
def test_pytorchs_own_tiles_are_put_back() -> None:
    x = torch.randn(96, 200).bfloat16()
    before = x @ x.T
    AttendByUnits.apply(*_inputs(2, 64, 32, 8, 16, torch.bfloat16))
    assert torch.equal(x @ x.T, before)


@pytest.mark.parametrize("size", [(33, 32, 8, 8), (32, 16, 8, 8), (32, 32, 8, 2048)])
def test_what_the_matrix_units_do_not_take_goes_in_tiles(size: tuple[int, int, int, int]) -> None:
    inputs = _inputs(2, *size, torch.bfloat16)
    assert not units_take(*inputs)
    out, plain = attend(*inputs), _plain(*(each.double() for each in inputs))
    assert (out - plain).norm() <= 4 * ROUNDED * plain.norm()  # scores are rounded too
