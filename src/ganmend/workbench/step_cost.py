"""What a search step costs on this machine, and how near that is to what the machine can do."""

import copy
import resource
import sys
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import conv2d
from torch.utils.flop_counter import FlopCounterMode

from ganmend.models.precision import PRECISIONS
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.search.config import PRESETS
from ganmend.search.loop import search
from ganmend.targets.classifier import Classifier

CPU = torch.device("cpu")
STEPS = 7  # the first two warm up
PASSES = 2  # the gradient to the input multiplies as often as the way forward


@dataclass(frozen=True)
class StepCost:
    """One search step: forward, gradient to the embedding, Adam.

    Attributes:
        precision: of the convolutions.
        compiled: whether the generator went through torch.compile.
        batch: images a step, of all trials.
        step_seconds: median.
        images_per_second: batch over step_seconds.
        peak_rss_bytes: the process's largest resident set during the steps, libraries and weights included; on a GPU
            the most memory that PyTorch held there.
        ceiling_flops: the machine's best measured rate of a convolution or matrix product in this precision.
        ceiling_share: of that, what the step reaches, in floating-point operations of direct convolutions with the
            exact rewrites of the loader ('direct' of `step_multiply_adds`); Winograd's can lift it above 1.
        arithmetic_share: the same in the operations that are really done.
    """

    precision: str
    compiled: bool
    batch: int
    step_seconds: float
    images_per_second: float
    peak_rss_bytes: int
    ceiling_flops: float
    ceiling_share: float
    arithmetic_share: float


def measure_step(
    generator: Generator,
    classifier: Classifier,
    *,
    batch: int,
    precision: str = "auto",
    trials: int = 1,
    memory: float = 0.0,
    compiled: bool = False,
    capacity: str = "row",
) -> StepCost:
    """Time a search's own steps: log-probability alone, `batch` fresh latents a step, seen by each trial.

    `memory` is the search's: gigabytes for the gradient's features, 0 for what is free. `compiled` passes the generator
    through torch.compile first: on a CPU that takes a C++ compiler, on a GPU it gives CUDA graphs. `capacity` is the
    search's.
    """
    fast = generator.prepared(precision)
    if compiled:
        fast = copy.copy(fast)
        fast.compile(mode="reduce-overhead")
    dtype = PRECISIONS[fast.precision]
    classifier = classifier.in_precision(dtype)
    config = replace(
        PRESETS["paper"], steps=STEPS, latents=batch, steps_per_draw=1, trials=trials, validate_every=STEPS,
        validation_latents=2, memory=memory, capacity=capacity,
    )  # fmt: skip
    times: list[float] = []

    def note(_: Progress) -> None:
        times.append(time.perf_counter())

    forget_peak(fast.device)
    start = fast.class_embeddings[:1].repeat(trials, 1)[:, None]  # (1, dim_embedding) -> (trials, 1, dim_embedding)
    search(fast, classifier, start, torch.zeros(trials, dtype=torch.long), config, on_progress=note)
    largest = peak(fast.device)
    seconds = median(later - earlier for earlier, later in pairwise(times[1:]))
    ceiling = machine_ceiling(fast.device, dtype)
    images, shares = batch * trials, []
    for multiply_adds in fast.step_multiply_adds():
        flops = 2 * multiply_adds + PASSES * _classifier_flops(classifier)
        shares.append(images * flops / seconds / ceiling)
    return StepCost(fast.precision, compiled, images, seconds, images / seconds, largest, ceiling, *shares)


def machine_ceiling(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of the faster of a wide 3x3 convolution, channels last, and a product of square matrices."""
    images = torch.randn(10, 384, 32, 32, device=device).to(dtype, memory_format=torch.channels_last)
    kernel = torch.randn(384, 384, 3, 3, device=device).to(dtype, memory_format=torch.channels_last)
    matrix = torch.randn(2048, 2048, device=device).to(dtype)
    convolving = 2 * 9 * 384**2 * images[:, :1].numel() / _fastest(lambda: conv2d(images, kernel, padding=1))
    return max(convolving, 2 * 2048**3 / _fastest(lambda: matrix @ matrix))


def _fastest(work: object, seconds: float = 0.5) -> float:
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        result: Tensor = work()  # type: ignore[operator]
        if result.is_cuda:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return best


def _classifier_flops(classifier: Classifier) -> int:
    """Of one image, forward."""
    size = classifier.resolution
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        classifier(torch.zeros(1, 3, size, size, device=classifier.device))
    flops: int = counter.get_total_flops()
    return flops


def forget_peak(device: torch.device = CPU) -> int:
    """Count the largest use of memory from now on, where the system can (Linux, proc(5); CUDA); bytes in use now."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")
    return peak(device)


def peak(device: torch.device = CPU) -> int:
    """Bytes of the largest resident set of this process; on a GPU, of the memory that PyTorch held there."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts bytes
