"""One optimisation step at full size, beside what the released code does: time, peak memory, ratios, one table.

    python benchmarks/steps.py --resolution 128

Batch 10, AlexNet at 224 pixels, random weights, the same in every row; each row in a process of its own, one after
another. The first two steps of a row warm up; of the others the median counts.
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

from ganmend.classifier import load_classifier
from ganmend.generator import load_generator, prepared
from ganmend.memory import keep_freed_memory, return_freed_memory
from ganmend.tasks.bench import measure_step, peak

BATCH, CHANNELS, GIB = 10, 96, 2**30
ROWS = ("plain", "float32", "bfloat16")


def main() -> None:
    """Print the table; --json prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolution", type=int, choices=(128, 256), default=128)
    parser.add_argument("--rounds", type=int, default=1, help="each row's median over so many processes")
    parser.add_argument("--plain-steps", type=int, default=2, help="after the first")
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.row:
        print(json.dumps(measure(options.row, options.resolution, options.weights, options.plain_steps)))
        return
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "biggan.pth"
        torch.save(random_generator(options.resolution, CHANNELS).state_dict(), weights)
        measured: dict[str, list[dict[str, float]]] = {row: [] for row in ROWS}
        for _ in range(options.rounds):
            for row in ROWS:
                measured[row].append(in_own_process(row, options.resolution, weights, options.plain_steps))
    result = {row: {key: median(run[key] for run in runs) for key in runs[0]} for row, runs in measured.items()}
    print(json.dumps(result) if options.json else as_table(options.resolution, result))


def in_own_process(row: str, resolution: int, weights: Path, plain_steps: int) -> dict[str, float]:
    """What `measure` gives, from a process that does nothing else."""
    command = [sys.executable, __file__, "--row", row, "--resolution", str(resolution), "--weights", str(weights)]
    command += ["--plain-steps", str(plain_steps)]
    print(f"measuring {row} ...", file=sys.stderr)
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout)


def measure(row: str, resolution: int, weights: Path, plain_steps: int) -> dict[str, float]:
    """Seconds a step, peak memory, and for ours the shares of the machine's ceiling."""
    torch.manual_seed(0)
    if row == "plain":
        plain = PlainGenerator(resolution, CHANNELS)
        plain.load_state_dict(torch.load(weights))
        search = PlainSearch(plain.eval(), torchvision.models.alexnet(), BATCH)
        times = []
        for _ in range(1 + plain_steps):
            start = perf_counter()
            search.step()
            times.append(perf_counter() - start)
        return {"step_seconds": median(times[1:]), "peak_rss_bytes": peak()}
    keep_freed_memory()  # as the command line does
    gan = prepared(load_generator(weights), row)
    return_freed_memory()
    cost = measure_step(gan, load_classifier("torchvision:alexnet", random_weights="always"), batch=BATCH)
    figures = {key: value for key, value in asdict(cost).items() if isinstance(value, float | int)}
    return figures


def as_table(resolution: int, result: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    plain = result["plain"]
    lines = [
        f"| BigGAN-{resolution}, batch {BATCH} | step | times faster | peak memory | of plain's | of the ceiling |",
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
