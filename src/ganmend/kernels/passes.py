"""Passes over features made in one, by passes.c: PyTorch takes several, and it is memory that they wait for.

The C code is compiled at installation where there is a compiler, once an instruction set. Everywhere else, in float64,
on a GPU, and under torch.compile, the same is done by PyTorch's own functions.
"""

import ctypes
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from ganmend.kernels.compiled import load_compiled, run

INSTRUCTIONS = {"AVX512": "_passes_avx512", "AVX2": "_passes_avx2"}  # by what PyTorch finds; else `_passes`
BLOCKS = 16  # at most, of an image's pixels: work for many threads; sums are taken in them, whatever the threads
CACHE = 8 << 20  # bytes of temporaries at a time
LONGEST = 1 << 16  # numbers of a row, held on a thread's stack
WIDTHS = {torch.float32: 0, torch.bfloat16: 1}


def scaled_relu(x: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
    """relu(x * scale + offset).

    Args:
        x: (N, C, H, W).
        scale: (N, C, 1, 1), or (1, C, 1, 1) for all.
        offset: of the scale's shape.

    Returns:
        (N, C, H, W), of x's type.
    """
    code = _compiled(x)
    if code is None:
        return torch.addcmul(offset.to(x.dtype), x, scale.to(x.dtype)).relu_()
    x = x.contiguous(memory_format=torch.channels_last)
    out, blocks = torch.empty_like(x), _blocks(x)
    near, far = (_of_images(each, len(x)) for each in (scale, offset))
    _run(code.scaled_relu_of_images, (x, near, far, out), blocks)
    return out


def scaled_relu_back(x: Tensor, scale: Tensor, offset: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients to x, scale and offset of `scaled_relu`, the latter two (N, C, 1, 1) and summed in float32."""
    code = _compiled(x)
    if code is None:
        return _scaled_relu_back(x, scale, offset, gradient)
    x, gradient = (each.contiguous(memory_format=torch.channels_last) for each in (x, gradient))
    back, blocks = torch.empty_like(x), _blocks(x)
    near, far = (_of_images(each, len(x)) for each in (scale, offset))
    # Each block of an image's pixels has its own sums, (N, blocks, scale and offset, C): no thread waits for another.
    sums = x.new_empty(len(x), blocks[1], 2, x.shape[1], dtype=torch.float32)
    _run(code.scaled_relu_of_images_back, (x, near, far, gradient, back, sums), blocks)
    to_scale, to_offset = sums.sum(1)[..., None, None].unbind(1)  # (N, 2, C, 1, 1) -> (N, C, 1, 1) each
    return back, to_scale, to_offset


def _scaled_relu_back(x: Tensor, scale: Tensor, offset: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`scaled_relu_back` by PyTorch's functions."""
    near, far = (each.to(x.dtype).expand(len(x), -1, 1, 1) for each in (scale, offset))
    to_scale, to_offset = (torch.empty_like(near, dtype=scale.dtype) for _ in range(2))
    back = torch.empty_like(x)
    at_once = len(x) if x.is_cuda else 1  # on a CPU one image stays in the cache
    for start in range(0, len(x), at_once):
        part = slice(start, start + at_once)
        # What came before the ReLU is computed again, and lets the gradient pass where it is above 0.
        passed = torch.addcmul(far[part], x[part], near[part])
        passed = torch.ops.aten.threshold_backward(gradient[part], passed, 0)
        to_offset[part] = passed.sum((2, 3), keepdim=True, dtype=offset.dtype)
        to_scale[part] = (passed * x[part]).sum((2, 3), keepdim=True, dtype=scale.dtype)
        torch.mul(passed, near[part], out=back[part])
    return back, to_scale, to_offset


def add_upsampled(x: Tensor, small: Tensor) -> None:
    """Add to x (N, C, 2H, 2W) the nearest upsampling by 2 of another (N, C, H, W)."""
    code, (n, channels, height, width) = _compiled(x), small.shape
    if code is None or not x.is_contiguous(memory_format=torch.channels_last):
        # (N, C, 2H, 2W) -> (N, C, H, 2, W, 2): each pixel of `small` beside the four that it is added to
        x.view(n, channels, height, 2, width, 2).add_(small[:, :, :, None, :, None])
        return
    small = small.contiguous(memory_format=torch.channels_last)
    _run(code.add_upsampled, (x, small), (n * height, width, channels))


def softmax(scores: Tensor) -> Tensor:
    """Softmax of the last axis; the scores' memory may be used."""
    code = _compiled(scores)
    if code is None or scores.shape[-1] > LONGEST:
        return scores.softmax(-1)
    scores = scores.contiguous()
    _run(code.softmax_of_rows, (scores,), _rows(scores))
    return scores


def softmax_back(scores: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """The softmax of scores, and from the gradient to it the gradient to the scores; the memory of both may be used."""
    code = _compiled(scores)
    if code is None or scores.shape[-1] > LONGEST:
        weights = scores.softmax(-1)
        return weights, torch.ops.aten._softmax_backward_data(gradient, weights, -1, weights.dtype)
    scores, gradient = scores.contiguous(), gradient.contiguous()
    _run(code.softmax_of_rows_back, (scores, gradient), _rows(scores))
    return scores, gradient


def tiles_to_planes(x: Tensor, mix: Tensor, stride: int, planes: Tensor) -> None:
    """`mix tile mix^T` of overlapping tiles of images, channel by channel.

    Args:
        x: (N, stride * h, stride * w, C).
        mix: (kinds, side), at most (4, 4), float32.
        stride: pixels from tile to tile; the first starts at (-1, -1), and outside x is 0.
        planes: (kinds, kinds, N, h, w, C), filled; contiguous but for its first two axes, which are as two of one step.
    """
    kinds, side = mix.shape
    code = _compiled(x)
    if code is None:
        reach = side - stride - 1  # of the last tile, beyond x
        # (N, h, w, C, side, side)
        tiles = pad(x, (0, 0, 1, reach, 1, reach)).unfold(1, side, stride).unfold(2, side, stride)
        planes.copy_(torch.einsum("pi,nhwcij,qj->pqnhwc", mix.to(x), tiles, mix.to(x)))
        return
    _, _, images, rows, columns, channels = planes.shape
    sizes = images, rows, columns, stride, channels, planes.stride(1), planes.stride(4), kinds, side
    _run(code.tiles_to_planes, (x.contiguous(), mix, planes), sizes)


def planes_to_tiles(planes: Tensor, mix: Tensor, out: Tensor) -> None:
    """`mix numbers mix^T` of the numbers that planes have of each tile, channel by channel: pixels two by two.

    Args:
        planes: (kinds, kinds, N, h, w, C).
        mix: (2, kinds), float32.
        out: (N, 2h, 2w, C), filled.
    """
    code = _compiled(planes)
    if code is None:
        pixels = torch.einsum("ip,pqnhwc,jq->nhiwjc", mix.to(planes), planes, mix.to(planes))
        out.copy_(pixels.flatten(1, 2).flatten(2, 3))  # (N, h, 2, w, 2, C) -> (N, 2h, 2w, C)
        return
    _, kinds, *sizes = planes.shape
    _run(code.planes_to_tiles, (planes, mix, out), (*sizes, kinds))


def _compiled(x: Tensor) -> ctypes.CDLL | None:
    """The C code, where it can do this."""
    if x.device.type != "cpu" or x.dtype not in WIDTHS or torch.compiler.is_compiling():
        return None
    return library()


def library() -> ctypes.CDLL | None:
    """What was compiled for this processor; None where nothing was."""
    return load_compiled(INSTRUCTIONS.get(torch.backends.cpu.get_cpu_capability(), "_passes"))


def _run(function: Callable[..., None], arrays: tuple[Tensor, ...], sizes: Sequence[int]) -> None:
    """Call a function of passes.c; its last size says of which type the first array is."""
    run(function, arrays, (*sizes, WIDTHS[arrays[0].dtype]))


def _blocks(x: Tensor) -> tuple[int, int, int, int]:
    """Images, blocks of an image, pixels of a block, channels."""
    pixels = x.shape[2] * x.shape[3]
    blocks = math.gcd(pixels, BLOCKS)
    return len(x), blocks, pixels // blocks, x.shape[1]


def _rows(x: Tensor) -> tuple[int, int]:
    """How many rows there are along the last axis, and their length."""
    return x[..., 0].numel(), x.shape[-1]


def _of_images(factors: Tensor, images: int) -> Tensor:
    """(N or 1, C, 1, 1) -> (images, C), in float32."""
    return factors.flatten(1).expand(images, -1).float().contiguous()
