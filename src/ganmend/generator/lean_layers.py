"""Layers that keep for the gradient only what a frozen generator needs of them."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import avg_pool2d, conv2d, conv_transpose2d, pad

from ganmend.generator.passes import scaled_relu, scaled_relu_back, softmax, softmax_back

CACHE = 8 << 20  # bytes of temporaries at a time, on a CPU


class FrozenKernel(Function):
    """A convolution, or a transposed 4x4 one of stride 2, whose gradient to x needs the kernel alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, bias: Tensor | None, transposed: bool) -> Tensor:
        """x (N, in, H, W) -> (N, out, H, W), or twice the size where transposed."""
        ctx.save_for_backward(kernel)
        ctx.transposed = transposed
        if transposed:
            return conv_transpose2d(x, kernel, bias, stride=2, padding=1)
        return conv2d(x, kernel, bias, padding=kernel.shape[-1] // 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:  # type: ignore[override]
        """Gradient to x: each is the other with the same kernel."""
        (kernel,) = ctx.saved_tensors
        if ctx.transposed:
            return conv2d(gradient, kernel, stride=2, padding=1), None, None, None
        return conv_transpose2d(gradient, kernel, padding=kernel.shape[-1] // 2), None, None, None


class ScaledRelu(Function):
    """relu(x * scale + offset). Of its result only the sign matters to the gradient, and is computed again from x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
        """x (N, C, H, W); scale and offset (N, C, 1, 1), or (1, C, 1, 1) for all. -> (N, C, H, W)."""
        ctx.save_for_backward(x, scale, offset)
        return scaled_relu(x, scale, offset)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:  # type: ignore[override]
        """Gradients to x, and to scale and offset where they are an image's own."""
        x, scale, offset = ctx.saved_tensors
        back, to_scale, to_offset = scaled_relu_back(x, scale, offset, gradient)
        _, scales, offsets = ctx.needs_input_grad
        return back, to_scale if scales else None, to_offset if offsets else None


class Attend(Function):
    """softmax(query key^T) value, on a CPU, in tiles that stay in the cache.

    The softmax is computed again on the way back: no matrix of all scores is ever there. PyTorch's own function is
    slower on a CPU where values are wider than keys.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(N, T, d), (N, S, d) and (N, S, e) -> (N, T, e)."""
        ctx.save_for_backward(query, key, value)
        out = query.new_empty(*query.shape[:2], value.shape[2])
        for images, rows in _tiles(query, key):
            weights = softmax(query[images, rows] @ key[images].transpose(1, 2))
            torch.bmm(weights, value[images], out=out[images, rows])
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # type: ignore[override]
        """Gradients to query, key and value; the softmax on the right of a product: on the left oneDNN is slow."""
        query, key, value = ctx.saved_tensors
        to_query = torch.empty_like(query)
        sums = torch.promote_types(query.dtype, torch.float32)
        to_key, to_value = (torch.zeros_like(each.transpose(1, 2), dtype=sums) for each in (key, value))
        for images, rows in _tiles(query, key):
            near, back = query[images, rows], gradient[images, rows]
            scores, to_weights = near @ key[images].transpose(1, 2), back @ value[images].transpose(1, 2)
            weights, scores = softmax_back(scores, to_weights)
            to_value[images] += back.transpose(1, 2) @ weights
            torch.bmm(scores, key[images], out=to_query[images, rows])
            to_key[images] += near.transpose(1, 2) @ scores
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


class FirstChannels(Function):
    """Some channels of x; the gradient stays channels last, which that of a slice does not."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, count: int) -> Tensor:
        """(N, C, H, W) -> (N, count, H, W), a view."""
        ctx.dropped = x.shape[1] - count
        return x[:, :count]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        """Gradient to x."""
        return pad(gradient, (0, 0, 0, 0, 0, ctx.dropped)) if ctx.dropped else gradient, None


class AddUpsampled(Function):
    """x + nearest upsampling of another by 2, into x itself."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, small: Tensor) -> Tensor:
        """x (N, C, 2H, 2W), small (N, C, H, W) -> (N, C, 2H, 2W)."""
        ctx.mark_dirty(x)
        n, channels, height, width = small.shape
        x.view(n, channels, height, 2, width, 2).add_(small[:, :, :, None, :, None])
        return x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Gradients to x and the other."""
        return gradient, avg_pool2d(gradient, 2, divisor_override=1)
