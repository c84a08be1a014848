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
