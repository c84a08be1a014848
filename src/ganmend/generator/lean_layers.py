"""Layers that keep for the gradient only what a frozen generator needs of them."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import avg_pool2d, conv2d, conv_transpose2d, pad

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
        return torch.addcmul(offset.to(x.dtype), x, scale.to(x.dtype)).relu_()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:  # type: ignore[override]
        """Gradients to x, scale and offset; the sums over pixels are taken in float32."""
        x, scale, offset = ctx.saved_tensors
        near, far = (each.to(x.dtype).expand(len(x), -1, 1, 1) for each in (scale, offset))
        sums = ctx.needs_input_grad[1]
        to_scale, to_offset = (torch.empty_like(scale) if sums else None for _ in range(2))
        back = torch.empty_like(x)
        at_once = len(x) if x.is_cuda else 1  # on a CPU one image stays in the cache
        for start in range(0, len(x), at_once):
            part = slice(start, start + at_once)
            passed = torch.addcmul(far[part], x[part], near[part])
            passed = torch.ops.aten.threshold_backward(gradient[part], passed, 0)
            if to_scale is not None and to_offset is not None:
                to_offset[part] = passed.sum((2, 3), keepdim=True, dtype=offset.dtype)
                to_scale[part] = (passed * x[part]).sum((2, 3), keepdim=True, dtype=scale.dtype)
            torch.mul(passed, near[part], out=back[part])
        return back, to_scale, to_offset


class Attend(Function):
    """softmax(query key^T) value, on a CPU, some images at a time: of its large matrices only the weights are kept.

    PyTorch's own function is slower there where values are wider than keys.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(N, T, d), (N, S, d) and (N, S, e) -> (N, T, e)."""
        out = query.new_empty(*query.shape[:2], value.shape[2])
        kept = []
        for part in _images_at_a_time(query, key):
            weights = (query[part] @ key[part].transpose(1, 2)).softmax(-1)
            torch.bmm(weights, value[part], out=out[part])
            if any(ctx.needs_input_grad):
                kept.append(weights)
        ctx.save_for_backward(query, key, value, *kept)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # type: ignore[override]
        """Gradients to query, key and value; the weights on the right of a product: on the left oneDNN is slow."""
        query, key, value, *kept = ctx.saved_tensors
        to_query, to_key, to_value = (torch.empty_like(each) for each in (query, key, value))
        for part, weights in zip(_images_at_a_time(query, key), kept, strict=True):
            to_value[part] = (gradient[part].transpose(1, 2) @ weights).transpose(1, 2)
            scores = gradient[part] @ value[part].transpose(1, 2)
            scores = torch.ops.aten._softmax_backward_data(scores, weights, -1, weights.dtype)
            torch.bmm(scores, key[part], out=to_query[part])
            to_key[part] = (query[part].transpose(1, 2) @ scores).transpose(1, 2)
        return to_query, to_key, to_value


def _images_at_a_time(query: Tensor, key: Tensor) -> list[slice]:
    images = max(1, CACHE // (query.shape[1] * key.shape[1] * query.element_size()))
    return [slice(start, start + images) for start in range(0, len(query), images)]


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
