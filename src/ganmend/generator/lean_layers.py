"""Layers that keep for the gradient only what a frozen generator needs of them."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import conv2d, conv_transpose2d


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
