"""How long loading takes, and how much memory: a checkpoint as its family wrote it, and in ganmend's own format.

    python benchmarks/loading.py tests/fixtures/brock_biggan_128.pth "full size"

The full-size one has the published architecture (96 channels, 1000 classes) and random weights. Prints one Markdown row
a file: milliseconds to load (median; original, own format and compact own format in turn, in one process, files in the
page cache), and, in a process of its own, seconds and peak memory from the call to load up to the first image, over the
file's size.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from ganmend.catalog.load import checkpoint_path, load_generator
from ganmend.formats import native
from ganmend.workbench.step_cost import forget_peak, peak

CLASSES, EMBEDDING, CHUNK, WIDTHS, ATTENTION = 1000, 128, 20, (16, 16, 8, 4, 2, 1), 3  # of BigGAN at 128 px


def random_biggan(channels: int) -> dict[str, torch.Tensor]:
    """A state dict of ajbrock's BigGAN at 128 px with random weights."""
    tensors = {"shared.weight": torch.randn(CLASSES, EMBEDDING)}

    def layer(name: str, *shape: int, bias: bool = True) -> None:
        tensors[f"{name}.weight"] = torch.randn(shape) / shape[1] ** 0.5
        tensors[f"{name}.u0"], tensors[f"{name}.sv0"] = torch.randn(1, shape[0]), torch.ones(1)
        if bias:
            tensors[f"{name}.bias"] = torch.zeros(shape[0])

    layer("linear", WIDTHS[0] * channels * 16, CHUNK)
    for block in range(5):
        into, out = WIDTHS[block] * channels, WIDTHS[block + 1] * channels
        for norm, width in (("bn1", into), ("bn2", out)):
            name = f"blocks.{block}.0.{norm}"
            layer(f"{name}.gain", width, EMBEDDING + CHUNK, bias=False)
            layer(f"{name}.bias", width, EMBEDDING + CHUNK, bias=False)
            tensors[f"{name}.stored_mean"], tensors[f"{name}.stored_var"] = torch.zeros(width), torch.ones(width)
        for name, shape in (("conv1", (out, into, 3, 3)), ("conv2", (out, out, 3, 3)), ("conv_sc", (out, into, 1, 1))):
            layer(f"blocks.{block}.0.{name}", *shape)
    name, width = f"blocks.{ATTENTION}.1", WIDTHS[ATTENTION + 1] * channels
    tensors[f"{name}.gamma"] = torch.tensor(1.0)
    for part, shape in (("theta", (width // 8, width)), ("phi", (width // 8, width)), ("g", (width // 2, width))):
        layer(f"{name}.{part}", *shape, 1, 1, bias=False)
    layer(f"{name}.o", width, width // 2, 1, 1, bias=False)
    for part, value in (("gain", 1.0), ("bias", 0.0), ("stored_mean", 0.0), ("stored_var", 1.0)):
        tensors[f"output_layer.0.{part}"] = torch.full((channels,), value)
    layer("output_layer.2", 3, channels, 3, 3)
    return tensors


def seconds_to_load(path: Path) -> float:
    start = time.perf_counter()
    load_generator(path)
    return time.perf_counter() - start


def first_image(path: Path) -> tuple[float, int]:
    """Seconds, and bytes that the process's memory rose by at most, up to the first image; in a fresh process."""
    before, start = forget_peak(), time.perf_counter()
    generator = load_generator(path)
    with torch.no_grad():
        generator(torch.zeros(1, generator.dim_z), generator.class_embeddings[:1])
    return time.perf_counter() - start, peak() - before


def compare(name: str, original: Path, folder: Path, repeats: int) -> None:
    own, compact = folder / "own.safetensors", folder / "compact.safetensors"
    for path in (own, compact):
        native.write_generator(load_generator(original), path, name, compact=path == compact)
    times = [[seconds_to_load(path) for path in (original, own, compact)] for _ in range(repeats + 1)][1:]
    first, *others = (1e3 * statistics.median(column) for column in zip(*times, strict=True))
    cells = [f"{first:.1f}", *(f"{median:.1f} ({first / median:.1f} times)" for median in others)]
    for path in (original, own):
        command = [sys.executable, __file__, "--first-image", str(path)]
        took, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        size = path.stat().st_size
        cells.append(f"{size / 1e6:.1f} MB: {took:.2f} s, {peak / size:.2f}")
    print(f"| {name} |", " | ".join(cells), "|", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="*")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--first-image", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first_image:
        print(json.dumps(first_image(options.first_image)))
        return
    print("| generator | original, ms | own | compact | original, to the first image | own, to the first image |")
    print("| --- | --- | --- | --- | --- | --- |")
    for text in options.checkpoints or ["full size"]:
        with tempfile.TemporaryDirectory() as folder:
            original = Path(folder) / "G.pth"
            if text == "full size":
                torch.save(random_biggan(96), original)
            else:
                original = checkpoint_path(text)
            compare(text, original, Path(folder), options.repeats)


if __name__ == "__main__":
    main()
