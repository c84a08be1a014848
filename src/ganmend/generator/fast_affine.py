"""Scale, offset and ReLU as one step that keeps its input alone for the gradient."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


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
        near, far = scale.to(x.dtype), offset.to(x.dtype)
        sums = ctx.needs_input_grad[1]
        to_scale, to_offset = (torch.empty_like(scale) if sums else None for _ in range(2))
        back = torch.empty_like(x)
        for k in range(len(x)):  # an image at a time stays in the cache
            each = k if len(scale) > 1 else 0
            passed = torch.addcmul(far[each], x[k], near[each])
            passed = torch.ops.aten.threshold_backward(gradient[k], passed, 0)
            if to_scale is not None and to_offset is not None:
                to_offset[k] = passed.sum((1, 2), keepdim=True, dtype=offset.dtype)
                to_scale[k] = (passed * x[k]).sum((1, 2), keepdim=True, dtype=scale.dtype)
            torch.mul(passed, near[each], out=back[k])
        return back, to_scale, to_offset
