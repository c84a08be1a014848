"""3x3 convolutions with fewer multiplications than their kernels have, for a frozen kernel: forward, and gradient to x.

Both turn a convolution into products of matrices between sums and differences of neighbouring pixels: less arithmetic,
more memory traffic. It pays where channels are many; see docs/performance.md for where. Images are worked through in
parts whose temporaries stay in the cache.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import linear, pad

from ganmend.generator.lean_layers import CACHE

KINDS = (2, 1, 2)  # kernels along an axis that meet `before`, x[2t] and `after` of UpsamplingConvolution


def in_parts(work: Callable[[Tensor, Tensor], object], x: Tensor, out: Tensor, growth: int, kernels: int) -> None:
    """`work(x, out)` on some images at a time, both as (n, H, W, channels).

    Its temporaries are `growth` times x. Each part reads all kernels, that many bytes: no use in smaller temporaries.
    """
    images = max(1, max(CACHE, kernels) // (x[0].nbytes * growth))
    for part, result in zip(x.split(images), out.split(images), strict=True):
        work(part.permute(0, 2, 3, 1), result.permute(0, 2, 3, 1))


def _empty(like: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Channels last; no view, so that what follows may add to it in place."""
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


class WinogradConvolution(Function):
    """A 3x3 convolution, padding 1, by F(2x2, 3x3) of Winograd (Lavin and Gray 2016): 16 multiplications for 36.

    In one dimension, the outputs 0, 1 of inputs d0 .. d3 are `m0 + m1 + m2` and `m1 - m2 - m3` where
    `m = (d0 - d2) k0, (d1 + d2) (k0 + k1 + k2)/2, (d2 - d1) (k0 - k1 + k2)/2, (d1 - d3) k2`. The gradient to x is the
    convolution with the turned kernel: there k0 and k2, so m0's and m3's kernels, change places.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: Tensor) -> Tensor:
        """x (N, in, H, W), H and W even; kernels (4, 4, in, out) of `winograd_kernels`. -> (N, out, H, W)."""
        ctx.save_for_backward(kernels)
        return _winograd(x, kernels, turned=False)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        """Gradient to x."""
        (kernels,) = ctx.saved_tensors
        return _winograd(gradient, kernels.transpose(2, 3), turned=True), None


def _winograd(x: Tensor, kernels: Tensor, turned: bool) -> Tensor:
    last_first = (3, 1, 2, 0) if turned else (0, 1, 2, 3)

    def work(x: Tensor, out: Tensor) -> None:
        n, height, width, channels = x.shape
        tall = x.new_empty(4, n, height // 2, width + 2, channels)
        _differences(pad(x, (0, 0, 1, 1, 1, 1)), tall, 1, last_first)
        both = x.new_empty(4, 4, n, height // 2, width // 2, channels)
        _differences(tall, both.transpose(0, 1), 3, last_first)
        products = torch.bmm(both.view(16, -1, channels), kernels.flatten(0, 1)).view(*both.shape[:-1], -1)
        pixels = out.view(n, height // 2, 2, width // 2, 2, -1)
        first, last = (products[last_first[k]] for k in (0, 3))
        middle, other = products[1], products[2]
        for row, sums in enumerate((first + middle + other, middle - other - last)):
            torch.add(sums[last_first[0]] + sums[1], sums[2], out=pixels[:, :, row, :, 0])
            torch.sub(sums[1] - sums[2], sums[last_first[3]], out=pixels[:, :, row, :, 1])

    n, _, height, width = x.shape
    out = _empty(x, (n, kernels.shape[-1], height, width))
    in_parts(work, x, out, growth=4, kernels=kernels.nbytes)
    return out


def _differences(x: Tensor, out: Tensor, axis: int, order: tuple[int, ...]) -> None:
    """`d0 - d2, d1 + d2, d2 - d1, d1 - d3` of overlapping fours along an axis, into out[order]."""
    even, odd = (x.narrow(axis, k, x.shape[axis] - k).unfold(axis, 1, 2).squeeze(-1) for k in (0, 1))
    count = x.shape[axis] // 2 - 1
    d0, d2, d1, d3 = (line.narrow(axis, k, count) for line in (even, odd) for k in (0, 1))
    torch.sub(d0, d2, out=out[order[0]])
    torch.add(d1, d2, out=out[order[1]])
    torch.sub(d2, d1, out=out[order[2]])
    torch.sub(d1, d3, out=out[order[3]])


class UpsamplingConvolution(Function):
    """Nearest upsampling by 2, then a 3x3 convolution, padding 1: 25 multiplications for 144 of two by two pixels.

    In one dimension x[2t] is seen by the four outputs 4t-1 .. 4t+2. With s = k0 + k1 + k2, `before = x[2t-1] - x[2t]`
    and `after = x[2t+1] - x[2t]` (x is 0 outside) each of them is s x[2t], and to it comes in turn `(k0 + k1) before`,
    `k0 before`, `k2 after`, `(k1 + k2) after`: five products, where the transposed convolution takes eight. (Even and
    odd outputs are an F(2, 2) of Winograd each; the sums of their kernels are the same, and so is a product.) In two
    dimensions each kind of row, `before`, x[2t] and `after`, is split into the three kinds of column.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: Tensor) -> Tensor:
        """x (N, in, H, W), H and W even; kernels (25, out, in) of `upsampling_kernels`. -> (N, out, 2H, 2W)."""
        ctx.save_for_backward(kernels)
        n, _, height, width = x.shape
        out = _empty(x, (n, kernels.shape[1], 2 * height, 2 * width))

        def work(x: Tensor, out: Tensor) -> None:
            rows = []
            for row, group in zip(_neighbours(x.transpose(0, 1)), _grouped(kernels), strict=True):
                columns = zip(_neighbours(row.movedim(2, 0)), group, strict=True)
                products = [_product(column, kernel) for column, kernel in columns]
                joined = x.new_empty(*row.shape[:2], x.shape[2] // 2, 4, *products[0].shape[3::2])
                _sums(products, joined.movedim((2, 3), (0, 4)))
                rows.append(joined.flatten(2, 3))
            _sums(rows, out.unflatten(1, (-1, 4)).movedim((1, 2), (0, 3)))

        in_parts(work, x, out, growth=7, kernels=kernels.nbytes)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        """Gradient to x: each step of the way forward transposed, the last one first."""
        (kernels,) = ctx.saved_tensors
        n, _, height, width = gradient.shape
        back = _empty(gradient, (n, kernels.shape[2], height // 2, width // 2))

        def work(out: Tensor, x: Tensor) -> None:
            rows = []
            of_rows = _sums_back(out.unflatten(1, (-1, 4)).movedim((1, 2), (0, 3)))
            for row, group in zip(of_rows, _grouped(kernels), strict=True):
                columns = zip(_sums_back(row.unflatten(2, (-1, 4)).movedim((2, 3), (0, 4))), group, strict=True)
                products = [_product_back(column, kernel) for column, kernel in columns]
                joined = x.new_empty(*row.shape[:2], *x.shape[2:])
                _neighbours_back(products, joined.movedim(2, 0))
                rows.append(joined)
            _neighbours_back(rows, x.transpose(0, 1))

        in_parts(work, gradient, back, growth=3, kernels=kernels.nbytes)
        return back, None


def _neighbours(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Along the first axis, of 2h pixels: `before` (h + 1, ...), x[2t] and `after` (h, ...)."""
    even, odd = x[0::2], x[1::2]
    before = x.new_empty(len(even) + 1, *x.shape[1:])
    torch.neg(even[0], out=before[0])
    torch.sub(odd[:-1], even[1:], out=before[1:-1])
    before[-1] = odd[-1]
    return before, even, odd - even


def _neighbours_back(parts: list[Tensor], x: Tensor) -> None:
    """The transpose of `_neighbours`, into x."""
    before, here, after = parts
    torch.sub(here, after, out=x[0::2])
    x[0::2] -= before[:-1]
    torch.add(after, before[1:], out=x[1::2])


def _sums(products: list[Tensor], out: Tensor) -> None:
    """Products (h + 1, ..., 2, out), (h, ..., 1, out), (h, ..., 2, out) -> outputs 4t .. 4t+3 (h, ..., 4, out)."""
    before, here, after = products
    last, first = before.unbind(-2)  # of the outputs 4t-1 and 4t
    torch.add(first[:-1], here[..., 0, :], out=out[..., 0, :])
    torch.add(after, here, out=out[..., 1:3, :])
    torch.add(last[1:-1], here[1:, ..., 0, :], out=out[:-1, ..., 3, :])
    out[-1, ..., 3, :] = last[-1]


def _sums_back(out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The transpose of `_sums`."""
    before = out.new_empty(len(out) + 1, *out.shape[1:-2], 2, out.shape[-1])
    before[0, ..., 0, :] = 0
    before[1:, ..., 0, :] = out[..., 3, :]
    before[:-1, ..., 1, :] = out[..., 0, :]
    before[-1, ..., 1, :] = 0
    after = out[..., 1:3, :]
    here = before[:-1, ..., 0, :] + before[:-1, ..., 1, :]
    here += after[..., 0, :]
    here += after[..., 1, :]
    return before, here.unsqueeze(-2), after


def _grouped(kernels: Tensor) -> list[list[Tensor]]:
    """(25, out, in) -> for each kind of row the kernels (rows, columns, out, in) of each kind of column."""
    parts = iter(kernels.split([rows * columns for rows in KINDS for columns in KINDS]))
    return [[next(parts).unflatten(0, (rows, columns)) for columns in KINDS] for rows in KINDS]


def _product(x: Tensor, kernel: Tensor) -> Tensor:
    """(..., in) and (rows, columns, out, in) -> (..., rows, columns, out), as one product of matrices."""
    product = linear(x.reshape(-1, x.shape[-1]), kernel.flatten(0, 2))
    return product.view(*x.shape[:-1], *kernel.shape[:3])


def _product_back(x: Tensor, kernel: Tensor) -> Tensor:
    """The transpose of `_product`: (..., rows, columns, out) -> (..., in)."""
    return (x.reshape(-1, kernel[..., 0].numel()) @ kernel.flatten(0, 2)).view(*x.shape[:-3], -1)


def winograd_kernels(weight: Tensor) -> Tensor:
    """(out, in, 3, 3) -> (4, 4, in, out) for `WinogradConvolution`."""
    mix = weight.new_tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    return torch.einsum("pk,oikl,ql->pqio", mix, weight, mix).contiguous()


def upsampling_kernels(transposed: Tensor) -> Tensor:
    """(25, out, in) for `UpsamplingConvolution`.

    Args:
        transposed: (in, out, 4, 4), of `upsample_then_convolve_kernel`: k2, k1 + k2, k0 + k1, k0 along each axis.
    """
    before, here, after = ([0, 0, 1, 0], [0, 0, 0, 1]), ([0, 1, 0, 1],), ([1, 0, 0, 0], [0, 1, 0, 0])
    mixes = [transposed.new_tensor(kind) for kind in (before, here, after)]
    return torch.cat([torch.einsum("pk,iokl,ql->pqoi", p, transposed, q).flatten(0, 1) for p in mixes for q in mixes])
