"""softmax(query key^T) value with no matrix of all scores: block by block, those again on the way back.

On a CPU PyTorch's own function is slow where values are wider than keys, as in BigGAN. Where the processor has Intel's
matrix units (AMX), bfloat16 goes by attention.c; all else by products of tiles that stay in the cache.
"""

import ctypes
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import pad, scaled_dot_product_attention

from ganmend.kernels.compiled import load_compiled, run
from ganmend.kernels.passes import CACHE, softmax, softmax_back

UNITS = 32  # rows, and numbers of a row, that the matrix units take at once
ROWS, KEYS = 128, 256  # at most, in a block of attention.c
WIDEST = 1024  # keys and values, whose sums are held on a thread's stack


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """(N, T, d), (N, S, d) and (N, S, e) -> (N, T, e), the fastest way."""
    if query.is_cuda:
        return scaled_dot_product_attention(query, key, value, scale=1.0)
    result: Tensor = (AttendByUnits if units_take(query, key, value) else AttendInTiles).apply(query, key, value)
    return result


class AttendInTiles(Function):
    """By products, of any type."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """query (N, T, d), key (N, S, d), value (N, S, e) -> (N, T, e)."""
        ctx.save_for_backward(query, key, value)
        out = query.new_empty(*query.shape[:2], value.shape[2])
        for images, rows in _tiles(query, key):
            weights = softmax(query[images, rows] @ key[images].transpose(1, 2))  # (images, rows, S)
            torch.bmm(weights, value[images], out=out[images, rows])
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients to query, key and value; the softmax on the right of a product: on the left oneDNN is slow."""
        query, key, value = ctx.saved_tensors
        to_query = torch.empty_like(query)
        # A query has one tile, a key a part in every tile: its gradient is summed, in float32, as (N, d, S), (N, e, S).
        sums = torch.promote_types(query.dtype, torch.float32)
        to_key, to_value = (torch.zeros_like(each.transpose(1, 2), dtype=sums) for each in (key, value))
        for images, rows in _tiles(query, key):
            # The scores are computed again: kept, they would take T * S numbers an image.
            near, back = query[images, rows], gradient[images, rows]  # (images, rows, d), (images, rows, e)
            scores, to_weights = near @ key[images].transpose(1, 2), back @ value[images].transpose(1, 2)
            weights, scores = softmax_back(scores, to_weights)
            to_value[images] += back.transpose(1, 2) @ weights  # (images, e, rows) by (images, rows, S)
            torch.bmm(scores, key[images], out=to_query[images, rows])
            to_key[images] += near.transpose(1, 2) @ scores  # (images, d, rows) by (images, rows, S)
        return to_query, to_key.transpose(1, 2).to(key.dtype), to_value.transpose(1, 2).to(value.dtype)


def _tiles(query: Tensor, key: Tensor) -> list[tuple[slice, slice]]:
    """Images and rows of queries whose scores fit the cache: several images, or rows of one."""
    fitting = max(1, CACHE // (key.shape[1] * key.element_size()))
    n, length = query.shape[:2]
    images, rows = max(1, fitting // length), min(fitting, length)
    return [
        (slice(first, first + images), slice(row, row + rows))
        for first in range(0, n, images)
        for row in range(0, length, rows)
    ]


class AttendByUnits(Function):
    """By attention.c, where `units_take` the inputs."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """query (N, T, d), key (N, S, d), value (N, S, e) -> (N, T, e).

        Kept for the gradient: each row's logarithm of the sum of e^scores too, (N, T).
        """
        (n, length, _), keys, wide = query.shape, key.shape[1], value.shape[2]
        ctx.widths = query.shape[2], wide
        query, key, value = _padded(query), _padded(key), _padded(value)
        out, logs = value.new_empty(n, length, value.shape[2]), query.new_empty(n, length, dtype=torch.float32)
        sizes = n, length, keys, query.shape[2], value.shape[2], *_blocks(length, keys)
        _run("attend", (query, _turned_panels(key), _panels(value), out, logs), sizes)
        ctx.save_for_backward(query, key, value, out, logs)
        return out[:, :, :wide]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients to query, key and value."""
        query, key, value, out, logs = ctx.saved_tensors
        gradient = _padded(gradient)
        (n, length, d), (_, keys, e) = query.shape, value.shape
        rows, block = _blocks(length, keys)
        parts = min(keys // block, math.ceil(torch.get_num_threads() / n))  # work for every thread; one to_query each
        # (N, T, d) -> (N, T / rows, d, rows): blocks of rows, turned, as the products for keys and values take them
        turned = (each.unflatten(1, (-1, rows)).transpose(2, 3).contiguous() for each in (query, gradient))
        panels = _turned_panels(key), _turned_panels(value), _panels(key)
        means, to_query = logs.new_empty(parts, n, length), logs.new_zeros(parts, n, length, d)
        to_key, to_value = (logs.new_zeros(n, keys // block, each.shape[2], block) for each in (key, value))
        arrays = query, gradient, *turned, *panels, out, logs, means, to_query, to_key, to_value
        _run("attend_back", arrays, (parts, n, length, keys, d, e, rows, block))
        # (N, S / block, d, block) -> (N, S, d)
        to_key, to_value = (each.transpose(2, 3).flatten(1, 2) for each in (to_key, to_value))
        narrow, wide = ctx.widths
        sums = to_query.sum(0)[..., :narrow], to_key[..., :narrow], to_value[..., :wide]
        return sums[0].to(query.dtype), sums[1].to(query.dtype), sums[2].to(query.dtype)


def units_take(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Whether these are for the matrix units, and units are at hand."""
    if query.dtype != torch.bfloat16 or query.device.type != "cpu" or torch.compiler.is_compiling():
        return False
    fits = query.shape[1] % UNITS == 0 and key.shape[1] % UNITS == 0 and max(key.shape[2], value.shape[2]) <= WIDEST
    return fits and matrix_units() is not None


@cache
def matrix_units() -> ctypes.CDLL | None:
    """attention.c, where it was compiled, this processor has the units, and the system lets them be used."""
    code = load_compiled("_attention") if torch.cpu._is_amx_tile_supported() else None
    return code if code is not None and code.units_allowed() else None


def _run(name: str, arrays: Sequence[Tensor], sizes: Sequence[int]) -> None:
    code = matrix_units()
    assert code is not None
    run(getattr(code, name), arrays, sizes)


def _blocks(length: int, keys: int) -> tuple[int, int]:
    """Rows of queries and keys in a block: the largest numbers that leave no rest."""
    return math.gcd(length, ROWS), math.gcd(keys, KEYS)


def _padded(x: Tensor) -> Tensor:
    """(..., d) -> (..., d up to whole UNITS), the rest 0, which changes no product."""
    return pad(x, (0, -x.shape[-1] % UNITS)).contiguous()


def _panels(x: Tensor) -> Tensor:
    """(N, depth, columns) -> (N, columns / 16, depth / 2, 16, 2): see attention.c."""
    n, depth, columns = x.shape
    return x.view(n, depth // 2, 2, columns // 16, 16).permute(0, 3, 1, 4, 2).contiguous()


def _turned_panels(x: Tensor) -> Tensor:
    """The panels of (N, columns, depth), turned: pairs of numbers stay together, and are moved as one."""
    n, columns, depth = x.shape
    pairs = x.view(torch.float32).view(n, columns // 16, 16, depth // 2)  # two bfloat16 are one pair
    return pairs.transpose(2, 3).contiguous()
