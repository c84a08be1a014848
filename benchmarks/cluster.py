"""What a Ray cluster of this machine gives: time of 1 and 2 workers in turns, memory of a worker, items a second.

python benchmarks/cluster.py time            # samples of the bundled generator drawn and judged, in turns
python benchmarks/cluster.py memory          # BigGAN-128 with random weights, mapped and copied
python benchmarks/cluster.py empty           # items that do nothing
"""

import argparse
import itertools
import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from cluster_items import MB, Draw, Memory, Nothing, private_memory
from plain_port import random_generator

from ganmend.catalog.load import load_generator
from ganmend.catalog.source import GeneratorSource
from ganmend.runs.cluster.on_ray import OnRay
from ganmend.runs.cluster.packed import pack
from ganmend.runs.items.item import Item, Outcome
from ganmend.workbench.request import MendRequest


def outcomes(runner: OnRay, items: list[Item]) -> list[Outcome]:
    for item in items:
        runner.submit(item)
    return [runner.wait() for _ in items]


def done_by(runner: OnRay, items: list[Item], workers: int) -> tuple[float, float]:
    """Seconds that items take where so many workers have one at a time; and the share of it in which they did items."""
    began, left, inside = perf_counter(), iter(items), 0.0
    for item in itertools.islice(left, workers):
        runner.submit(item)
    for _ in items:
        inside += runner.wait().seconds
        for item in itertools.islice(left, 1):
            runner.submit(item)
    seconds = perf_counter() - began
    return seconds, inside / seconds / workers


def time_of_workers(rounds: int, count: int, samples: int) -> None:
    """Seconds of the same items by 1 and by 2 workers of a cluster, in turns."""
    bench = MendRequest(task="repair", target="frog", generator=GeneratorSource("demo")).workbench()
    _ = bench.searching, bench.judges
    draw = Draw(bench, samples)
    items = [Item(f"{number}", "draw", {"target": number % 8}) for number in range(count)]
    runner, ratios, shares = OnRay("local", lambda: draw, workers=2), [], []
    done_by(runner, items[:4], 2)  # processes begin
    for _ in range(rounds):
        (one, busy), (two, both_busy) = (done_by(runner, items, workers) for workers in (1, 2))
        ratios.append(one / two)
        shares.append((busy, both_busy))
        times = f"1 worker {one:.1f} s ({busy:.1%} in items), 2 workers {two:.1f} s ({both_busy:.1%})"
        print(f"{times}, {ratios[-1]:.2f} times; load {os.getloadavg()[0]:.1f}", flush=True)
    runner.close()
    one_busy, two_busy = (median(column) for column in zip(*shares, strict=True))
    print(f"medians: {median(ratios):.2f} times; in items {one_busy:.1%} with 1 worker, {two_busy:.1%} with 2")


def memory_of_workers() -> None:
    with tempfile.TemporaryDirectory() as folder:
        torch.save(random_generator(128, 96).state_dict(), Path(folder) / "biggan.pth")
        gan = load_generator(Path(folder) / "biggan.pth").prepared("float32")
    packed = pack(gan)
    print(f"packed {packed.size / MB:.0f} MB, of which {len(packed.rest) / MB:.2f} MB are no tensors")
    for kind in ("mapped", "copied"):
        began = perf_counter()
        runner = OnRay("local", lambda: Memory(gan), workers=2)
        (outcome,) = outcomes(runner, [Item(kind, kind)])
        print(
            kind,
            {name: round(value) for name, value in outcome.answer.values.items()},
            f"MB, {perf_counter() - began:.1f} s",
        )
        runner.close()


def empty_items(count: int) -> None:
    runner = OnRay("local", lambda: Nothing(torch.ones(1 << 20)), workers=2)
    outcomes(runner, [Item(f"first-{number}", "nothing") for number in range(8)])
    before, began = private_memory(), perf_counter()
    outcomes(runner, [Item(str(number), "nothing") for number in range(count)])
    seconds = perf_counter() - began
    grown = private_memory() - before
    print(f"{count} items in {seconds:.1f} s: {count / seconds:.0f} a second; the driver grew by {grown:.0f} MB")
    runner.close()


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("time", "memory", "empty"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=8, help="items of a round")
    parser.add_argument("--samples", type=int, default=50, help="of an item")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "time":
        time_of_workers(options.rounds, options.count, options.samples)
    elif options.what == "memory":
        memory_of_workers()
    else:
        empty_items(options.count)


if __name__ == "__main__":
    main()
