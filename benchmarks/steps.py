"""One optimisation step at full size, beside what the released code does: time, peak memory, ratios, one table.

    python benchmarks/steps.py --resolution 128
    python benchmarks/steps.py --resolution 128 --deep

A BigGAN beside our port of the released code, or a BigGAN-deep beside pytorch-pretrained-biggan. Batch 10, AlexNet at
224 pixels, random weights, the same in every row; each row in a process of its own, one after another. The first two
steps of a row warm up, of `plain` the first; of the others the median counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
import torchvision
from plain_port import PlainGenerator, PlainSearch, random_generator

from ganmend.catalog.load import load_generator
from ganmend.kernels.allocator import keep_freed_memory, return_freed_memory
from ganmend.models.precision import PRECISIONS
from ganmend.targets.load import load_classifier
from ganmend.workbench.step_cost import measure_step, peak

BATCH, CHANNELS, GIB = 10, 96, 2**30
ROWS = ("plain", "float32", "bfloat16")
COMPILED = "bfloat16, compiled"


def main() -> None:
    """Print the table; --json prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolution", type=int, choices=(128, 256), default=128)
    parser.add_argument("--deep", action="store_true", help="BigGAN-deep")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"), help="cpu or cuda")
    parser.add_argument("--compile", action="store_true", help="a row with torch.compile; on a GPU, CUDA graphs")
    parser.add_argument("--rounds", type=int, default=1, help="each row's median over so many processes")
    parser.add_argument("--plain-steps", type=int, default=2, help="after the first")
    parser.add_argument("--row", choices=(*ROWS, COMPILED), help=argparse.SUPPRESS)
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.row:
        print(json.dumps(measure(options)))
        return
    rows = (*ROWS, COMPILED) if options.compile else ROWS
    with tempfile.TemporaryDirectory() as folder:
        weights = random_weights(options.resolution, options.deep, Path(folder))
        measured: dict[str, list[dict[str, float]]] = {row: [] for row in rows}
        for _ in range(options.rounds):
            for row in rows:
                measured[row].append(in_own_process(row, weights))
    result = {row: {key: median(run[key] for run in runs) for key in runs[0]} for row, runs in measured.items()}
    name = f"BigGAN{'-deep' * options.deep}-{options.resolution}"
    print(json.dumps(result) if options.json else as_table(name, result))


def random_weights(resolution: int, deep: bool, folder: Path) -> Path:
    """A checkpoint that both sides read."""
    if deep:
        from published import random_published

        random_published(resolution, folder)
        return folder
    torch.save(random_generator(resolution, CHANNELS).state_dict(), folder / "biggan.pth")
    return folder / "biggan.pth"


def in_own_process(row: str, weights: Path) -> dict[str, float]:
    """What `measure` gives, from a process that does nothing else; of this one's own options."""
    command = [sys.executable, *sys.argv, "--row", row, "--weights", str(weights)]
    print(f"measuring {row} ...", file=sys.stderr)
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ).stdout)


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Seconds a step, peak memory, and for ours the shares of the machine's ceiling."""
    torch.manual_seed(0)
    device: torch.device = options.device
    if options.row == "plain":
        search = plain_search(options.resolution, options.deep, options.weights, device)
        times = []
        for _ in range(1 + options.plain_steps):
            start = perf_counter()
            search.step()  # its loss is read at the end: a GPU has finished
            times.append(perf_counter() - start)
        return {"step_seconds": median(times[1:]), "peak_rss_bytes": peak(device)}
    keep_freed_memory()  # as the command line does
    precision, *compiled = options.row.split(", ")
    gan = load_generator(options.weights).to(device).prepared(precision)
    classifier = load_classifier("torchvision:alexnet", random_weights="always").to(device)
    classifier = classifier.in_precision(PRECISIONS[precision])  # as the command line does
    return_freed_memory()
    cost = measure_step(gan, classifier, batch=BATCH, compiled=bool(compiled))
    return {key: value for key, value in asdict(cost).items() if isinstance(value, float | int)}


def plain_search(resolution: int, deep: bool, weights: Path, device: torch.device) -> PlainSearch:
    """The other side."""
    if deep:
        from published import ByEmbedding, load_published

        published = load_published(weights)
        gan: ByEmbedding | PlainGenerator = ByEmbedding(published)
        start = published.embeddings.weight[:, :1].T
    else:
        gan = PlainGenerator(resolution, CHANNELS).eval()
        gan.load_state_dict(torch.load(weights))
        start = gan.shared.weight[:1]
    latents = torch.randn(BATCH, gan.dim_z)
    return PlainSearch(gan.to(device), start.to(device), torchvision.models.alexnet().to(device), latents.to(device))


def as_table(name: str, result: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    plain = result["plain"]
    lines = [
        f"| {name}, batch {BATCH} | step | times faster | peak memory | of plain's | of the ceiling |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row, found in result.items():
        faster = plain["step_seconds"] / found["step_seconds"]
        memory = found["peak_rss_bytes"] / plain["peak_rss_bytes"]
        share = f"{found['ceiling_share']:.0%}" if "ceiling_share" in found else ""
        lines.append(
            f"| {row} | {found['step_seconds']:.2f} s | {faster:.1f} | {found['peak_rss_bytes'] / GIB:.2f} GiB "
            f"| {memory:.2f} | {share} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
