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

CACHE = 8 << 20  # bytes of temporaries at a time


def in_parts(work: Callable[[Tensor, Tensor], object], x: Tensor, out: Tensor, growth: int, kernels: int) -> None:
    """`work(x, out)` on some images at a time.

    Its temporaries are `growth` times x. Each part reads all kernels, that many bytes: no use in smaller temporaries.
    """
    images = max(1, max(CACHE, kernels) // (x[0].nbytes * growth))
    for part, result in zip(x.split(images), out.split(images), strict=True):
        work(part, result)


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
    out = x.new_empty(n, height, width, kernels.shape[-1])
    in_parts(work, x.permute(0, 2, 3, 1), out, growth=4, kernels=kernels.nbytes)
    return out.permute(0, 3, 1, 2)


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
    """Nearest upsampling by 2, then a 3x3 convolution, padding 1: 9 multiplications an input pixel for 36 as written.

    In one dimension, with s = k0 + k1 + k2 and d[i] = x[i-1] - x[i] (x is 0 outside), the outputs are
    `y[2i] = s x[i] + k0 d[i]` and `y[2i+1] = s x[i] - k2 d[i+1]`: three products for two outputs, where the transposed
    convolution takes four. In two dimensions x meets one kernel, its differences along each axis two, and the
    differences of both axes four.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, plain: Tensor, down: Tensor, across: Tensor, both: Tensor) -> Tensor:
        """x (N, in, H, W); kernels (1, 2, 2 and 4 times out, in) of `upsampling_kernels`. -> (N, out, 2H, 2W)."""
        ctx.save_for_backward(plain, down, across, both)

        def work(x: Tensor, out: Tensor) -> None:
            n, height, width, _ = x.shape
            padded = pad(x, (0, 0, 1, 1, 1, 1))
            by_row = padded[:, :-1] - padded[:, 1:]
            by_column = padded[:, 1:-1, :-1] - padded[:, 1:-1, 1:]
            by_both = by_row[:, :, :-1] - by_row[:, :, 1:]
            of_rows = _product(by_row[:, :, 1:-1], down).unflatten(-1, (2, -1))
            of_columns = _product(by_column, across).unflatten(-1, (2, -1))
            of_both, of_plain = _product(by_both, both).unflatten(-1, (2, 2, -1)), _product(x, plain)
            corners = out.view(n, height, 2, width, 2, -1)
            for a in (0, 1):
                row = of_plain + of_rows[:, a : a + height, :, a]
                for b in (0, 1):
                    column = row + of_columns[:, :, b : b + width, b]
                    torch.add(column, of_both[:, a : a + height, b : b + width, a, b], out=corners[:, :, a, :, b])

        n, _, height, width = x.shape
        out = x.new_empty(n, 2 * height, 2 * width, len(plain))
        in_parts(work, x.permute(0, 2, 3, 1), out, growth=9, kernels=9 * plain.nbytes)
        return out.permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:  # type: ignore[override]
        """Gradient to x: the same sums and products the other way."""
        plain, down, across, both = (kernel.T for kernel in ctx.saved_tensors)

        def work(g: Tensor, x: Tensor) -> None:
            n, height, width, _ = x.shape
            corners = g.reshape(n, height, 2, width, 2, -1)
            of_rows = g.new_zeros(n, height + 1, width, 2, g.shape[-1])
            of_columns = g.new_zeros(n, height, width + 1, 2, g.shape[-1])
            of_both = g.new_zeros(n, height + 1, width + 1, 2, 2, g.shape[-1])
            for a in (0, 1):
                torch.add(corners[:, :, a, :, 0], corners[:, :, a, :, 1], out=of_rows[:, a : a + height, :, a])
                torch.add(corners[:, :, 0, :, a], corners[:, :, 1, :, a], out=of_columns[:, :, a : a + width, a])
                for b in (0, 1):
                    of_both[:, a : a + height, b : b + width, a, b] = corners[:, :, a, :, b]
            by_row, by_both = _product(of_rows.flatten(3), down), _product(of_both.flatten(3), both)
            by_row += by_both[:, :, 1:] - by_both[:, :, :-1]
            by_column = _product(of_columns.flatten(3), across)
            torch.sub(by_row[:, 1:], by_row[:, :-1], out=x)
            x += _product(of_rows[:, :-1, :, 0] + of_rows[:, 1:, :, 1], plain)
            x += by_column[:, :, 1:] - by_column[:, :, :-1]

        n, _, height, width = gradient.shape
        back = gradient.new_empty(n, height // 2, width // 2, len(plain))
        in_parts(work, gradient.permute(0, 2, 3, 1), back, growth=3, kernels=9 * plain.nbytes)
        return back.permute(0, 3, 1, 2), None, None, None, None


def _product(x: Tensor, kernel: Tensor) -> Tensor:
    """(..., in) and (out, in) -> (..., out), as one product of matrices: oneDNN is slow on more axes."""
    return linear(x.reshape(-1, x.shape[-1]), kernel).unflatten(0, x.shape[:-1])


def winograd_kernels(weight: Tensor) -> Tensor:
    """(out, in, 3, 3) -> (4, 4, in, out) for `WinogradConvolution`."""
    mix = weight.new_tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    return torch.einsum("pk,oikl,ql->pqio", mix, weight, mix).contiguous()


def upsampling_kernels(transposed: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The kernels of `UpsamplingConvolution`, (1, 2, 2 and 4 times out, in).

    Args:
        transposed: (in, out, 4, 4), of `upsample_then_convolve_kernel`: k2, k1 + k2, k0 + k1, k0 along each axis.
    """
    mix = transposed.new_tensor([[0, 0, 0, 1], [0, 1, 0, 1], [-1, 0, 0, 0]])  # k0, s, -k2
    kernels = torch.einsum("pk,iokl,ql->pqoi", mix, transposed, mix).contiguous()
    sides = (0, 2)
    return (
        kernels[1, 1],
        torch.cat([kernels[p, 1] for p in sides]),
        torch.cat([kernels[1, q] for q in sides]),
        torch.cat([kernels[p, q] for p in sides for q in sides]),
    )
