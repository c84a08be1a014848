"""Images a second, drawn without gradient: what diagnosing a thousand classes waits for.

    python benchmarks/drawing.py

BigGAN-128 (ch 96) beside the plain port, and BigGAN-deep-128 beside the published pytorch-pretrained-biggan in its own
model class; random weights, the same on both sides, one class's 50 samples at a time, one process after another's
warm-up. `diagnose` of 1000 classes with 50 samples each draws 50,000 images.
"""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import torch
from plain_port import random_generator
from published import random_published
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.kernels.allocator import keep_freed_memory
from ganmend.models.batches import in_batches

SAMPLES, CLASSES = 50, 50_000 // 50


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2)
    repeats = parser.parse_args().repeats
    keep_freed_memory()
    print("| generator | drawn by | images/s | times faster | 1000 classes |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        compare("BigGAN-128", "plain port", *plain(Path(folder) / "biggan.pth"), repeats)
        compare("BigGAN-deep-128", "pytorch-pretrained-biggan", *published(Path(folder)), repeats)


Draw = Callable[[], Tensor]


def plain(path: Path) -> tuple[Draw, Path]:
    """The plain port's drawing, and its weights."""
    gan = random_generator(128)
    torch.save(gan.state_dict(), path)
    return partial(gan, torch.randn(SAMPLES, gan.dim_z), gan.shared.weight[:1].expand(SAMPLES, -1)), path


def published(folder: Path) -> tuple[Draw, Path]:
    """The published package's drawing at 128 px, and its weights."""
    gan = random_published(128, folder)
    classes = torch.zeros(SAMPLES, gan.config.num_classes)
    classes[:, 0] = 1
    return partial(gan, torch.randn(SAMPLES, gan.config.z_dim), classes, 1.0), folder


def compare(name: str, other: str, draw: Draw, weights: Path, repeats: int) -> None:
    """Rows of one generator."""
    slow = rate(draw, repeats)
    show(name, other, slow, slow)
    original = load_generator(weights)
    for precision in ("float32", "bfloat16"):
        gan = original.prepared(precision)
        z, embeddings = torch.randn(SAMPLES, gan.dim_z), gan.class_embeddings[:1].expand(SAMPLES, -1)
        show(name, f"ganmend, {precision}", rate(partial(in_batches, gan, z, embeddings), repeats), slow)


def rate(draw: Draw, repeats: int) -> float:
    """Images a second, the best of some repeats after the first."""
    times = []
    for _ in range(1 + repeats):
        start = perf_counter()
        draw()
        times.append(perf_counter() - start)
    return SAMPLES / min(times[1:])


def show(name: str, by: str, images: float, slow: float) -> None:
    """One row."""
    hours = SAMPLES * CLASSES / images / 3600
    print(f"| {name} | {by} | {images:.1f} | {images / slow:.1f} | {hours:.1f} h |", flush=True)


if __name__ == "__main__":
    main()
