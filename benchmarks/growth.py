"""How time and memory of a search step grow with batch, trials and resolution: a table and a picture.

    python benchmarks/growth.py --out docs/growth.png

BigGANs of half width (ch 48) with random weights and 10 or 1000 classes, AlexNet, this machine's own precision; trials
share the latents, so n trials of b latents are n x b images. Peak memory is above that of the process with its weights
before the first step.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from plain_port import random_generator

from ganmend.catalog.load import load_generator
from ganmend.kernels.allocator import keep_freed_memory, return_freed_memory
from ganmend.models.protocol import Generator
from ganmend.targets.load import load_classifier
from ganmend.workbench.step_cost import forget_peak, measure_step

CHANNELS = 48
PLANS = (
    *((128, 1000, batch, 1) for batch in (5, 10, 20, 40)),
    *((128, 1000, 10, trials) for trials in (2, 4)),
    (128, 10, 10, 1),
    *((256, 1000, batch, 1) for batch in (5, 10, 20)),
)


@dataclass(frozen=True)
class Point:
    """One measured setting."""

    resolution: int
    classes: int
    batch: int
    trials: int
    seconds: float
    gigabytes: float

    @property
    def images(self) -> int:
        """A step's."""
        return self.batch * self.trials


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the picture, a .png")
    out = parser.parse_args().out
    keep_freed_memory()
    points = []
    print("| px | classes | batch | trials | images | step | an image | memory of the step |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    made: dict[tuple[int, int], Generator] = {}
    for resolution, classes, batch, trials in PLANS:
        gan = made.get((resolution, classes)) or made.setdefault((resolution, classes), generator(resolution, classes))
        points.append(point := Point(resolution, classes, batch, trials, *measure(gan, batch, trials)))
        print(
            f"| {resolution} | {classes} | {batch} | {trials} | {point.images} | {point.seconds:.2f} s "
            f"| {point.seconds / point.images * 1000:.0f} ms | {point.gigabytes:.2f} GB |",
            flush=True,
        )
    draw(points, out)


def generator(resolution: int, classes: int) -> Generator:
    """Of random weights."""
    with tempfile.TemporaryDirectory() as folder:
        torch.save(random_generator(resolution, CHANNELS, n_classes=classes).state_dict(), Path(folder) / "gan.pth")
        return load_generator(Path(folder) / "gan.pth", class_names=tuple(map(str, range(classes)))).prepared()


def measure(gan: Generator, batch: int, trials: int) -> tuple[float, float]:
    """Median seconds of a step, and gigabytes that it takes."""
    network = load_classifier("torchvision:alexnet", random_weights="always")
    return_freed_memory()
    before = forget_peak()
    cost = measure_step(gan, network, batch=batch, trials=trials)
    return cost.step_seconds, (cost.peak_rss_bytes - before) / 1e9


def draw(points: list[Point], out: Path) -> None:
    """Step time and memory against images a step."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axis, value, label in ((axes[0], "seconds", "step, s"), (axes[1], "gigabytes", "memory of the step, GB")):
        for resolution in (128, 256):
            line = [point for point in points if point.resolution == resolution and point.trials == 1]
            line = [point for point in line if point.classes == 1000]
            axis.plot([p.images for p in line], [getattr(p, value) for p in line], "o-", label=f"{resolution} px")
        several = [point for point in points if point.trials > 1]
        axis.plot(
            [p.images for p in several], [getattr(p, value) for p in several], "^", label="128 px, 2 and 4 trials"
        )
        few = [point for point in points if point.classes == 10]
        axis.plot([p.images for p in few], [getattr(p, value) for p in few], "x", label="128 px, 10 classes")
        axis.set(xlabel="images a step", ylabel=label, xlim=(0, None), ylim=(0, None))
    axes[1].legend(loc="lower right")  # for both: below the lines
    figure.savefig(out, dpi=120)


if __name__ == "__main__":
    main()
