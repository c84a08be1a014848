"""Layers that keep for the gradient only what a frozen generator needs of them."""

from typing import Any

from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import avg_pool2d, conv2d, conv_transpose2d, pad

from ganmend.kernels.passes import add_upsampled, scaled_relu, scaled_relu_back


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
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
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
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Gradients to x, and to scale and offset where they are an image's own."""
        x, scale, offset = ctx.saved_tensors
        back, to_scale, to_offset = scaled_relu_back(x, scale, offset, gradient)
        _, scales, offsets = ctx.needs_input_grad
        return back, to_scale if scales else None, to_offset if offsets else None


class FirstChannels(Function):
    """Some channels of x; the gradient stays channels last, which that of a slice does not."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, count: int) -> Tensor:
        """(N, C, H, W) -> (N, count, H, W), a view."""
        ctx.dropped = x.shape[1] - count
        return x[:, :count]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Gradient to x."""
        return pad(gradient, (0, 0, 0, 0, 0, ctx.dropped)) if ctx.dropped else gradient, None


class AddUpsampled(Function):
    """x + nearest upsampling of another by 2, into x itself."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, small: Tensor) -> Tensor:
        """x (N, C, 2H, 2W), small (N, C, H, W) -> (N, C, 2H, 2W)."""
        ctx.mark_dirty(x)
        add_upsampled(x, small)
        return x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients to x and the other."""
        return gradient, avg_pool2d(gradient, 2, divisor_override=1)
