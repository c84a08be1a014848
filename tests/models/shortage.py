"""Memory that runs out: the errors that PyTorch, Python and CUDA raise, and a module hook that raises them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def raise_cpu() -> None:
    torch.empty(1 << 55, dtype=torch.uint8)  # more than any address


def raise_cuda() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of ...")


def raise_python() -> None:
    raise MemoryError


SHORTAGES: dict[str, Callable[[], None]] = {"cpu": raise_cpu, "cuda": raise_cuda, "python": raise_python}


class Shortage:
    """A forward pre-hook: memory runs out at calls of some numbers, from 0, or wherever more than some images come.

    Args:
        calls: numbers of the calls that fail.
        most: images that fit.
        run_out: raises the error.
        gradient: count only the calls with gradient, or only those without.
    """

    def __init__(
        self,
        calls: tuple[int, ...] | range = (),
        most: int = 10**9,
        run_out: Callable[[], None] = raise_cpu,
        *,
        gradient: bool = False,
    ) -> None:
        self.calls, self.most, self.run_out, self.gradient = calls, most, run_out, gradient
        self.sizes: list[int] = []

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if torch.is_grad_enabled() != self.gradient:
            return
        self.sizes.append(len(inputs[0]))
        if len(self.sizes) - 1 in self.calls or len(inputs[0]) > self.most:
            self.run_out()
