"""What giving out items costs: time and memory of a sweep's driver, beside the items themselves.

    python benchmarks/orchestration.py                       # 100,000 items that do nothing, and some that do something
    python benchmarks/orchestration.py --nothing 10000 --pairs 3

Items that do nothing show the driver alone: handing out, waiting, writing each answer down, counting. They go through
this process, and through one worker process, where the driver does without PyTorch. Items that do something are
diagnoses of the bundled generator's classes; they run in a plain loop and through the driver by turns, and both take
processor time, which is compared. All is measured in one run; other work on the machine slows it down.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from ganmend.runs.items.driver import Driver, Tally
from ganmend.runs.items.item import Answer, InThisProcess, Item, Outcome, Runner
from ganmend.runs.items.store import LocalStore
from ganmend.runs.items.workers import Workers

SAMPLES = 100  # of a diagnosis; a sweep takes 200


def nothing(item: Item) -> Outcome:
    """An item that does nothing."""
    return Outcome(item, Answer({"number": item.arguments["number"]}))


def prepare() -> Callable[[Item], Outcome]:
    """What a worker of items that do nothing loads."""
    return nothing


class Nothing:
    """A `Runner` in this process that does nothing."""

    def __init__(self) -> None:
        self._waiting: list[Item] = []

    def submit(self, item: Item) -> None:
        """Take an item."""
        self._waiting.append(item)

    def wait(self) -> Outcome:
        """Do nothing with one."""
        return nothing(self._waiting.pop())

    def close(self) -> None:
        """Nothing is under way."""


def items(n: int) -> Iterator[Item]:
    """Items that do nothing, spread over folders as those of a sweep are."""
    return (Item(f"nothing/{number // 10:05}/{number % 10}", "nothing", {"number": number}) for number in range(n))


def rss(key: str = "VmRSS") -> float:
    """Resident memory of this process in MiB, now or (VmHWM) at its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(f"{key}:")]
    return int(line.split()[1]) / 1024


def drive_nothing(runner: Runner, n: int, at_once: int) -> dict[str, float]:
    """Put n items that do nothing through a driver, and then ask again for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        before, began = rss(), time.monotonic()
        Driver(runner, LocalStore(Path(folder)), at_once=at_once).run(Tally("nothing", n), items(n))
        seconds, peak = time.monotonic() - began, rss("VmHWM")
        runner.close()
        began = time.monotonic()
        Driver(runner, LocalStore(Path(folder)), at_once=at_once).run(Tally("nothing", n), items(n))
        again = time.monotonic() - began
    return {
        "items": n, "items/s": n / seconds, "ms an item": 1000 * seconds / n, "driver MiB": peak,
        "of these for items MiB": peak - before, "items/s where all are done": n / again,
        "PyTorch imported": float("torch" in sys.modules),
    }  # fmt: skip


def compare_diagnoses(pairs: int) -> dict[str, float]:
    """Processor seconds of the same items in a loop and through a driver, by turns."""
    from ganmend.runs.sweeps.items import KINDS
    from ganmend.workbench.workbench import Workbench

    bench = Workbench("demo")
    given = [
        Item(f"diagnosis/{row:05}", "diagnose", {"row": row, "n": SAMPLES}) for row in range(bench.generator.n_classes)
    ]

    def directly() -> None:
        runner = InThisProcess(bench, KINDS)
        for item in given:
            runner.submit(item)
            runner.wait()

    def driven() -> None:
        with tempfile.TemporaryDirectory() as folder:
            driver = Driver(InThisProcess(bench, KINDS), LocalStore(Path(folder)), at_once=1)
            driver.run(Tally("diagnosing", len(given)), given)

    directly()  # the first time loads what is loaded once
    ratios, seconds = [], []
    for turn in range(pairs):
        spent = {way: _processor_seconds(way) for way in ((directly, driven) if turn % 2 else (driven, directly))}
        ratios.append(spent[driven] / spent[directly])
        seconds.append(spent[directly])
    return {
        "pairs": pairs, "items a turn": len(given), "seconds of a turn, directly": median(seconds),
        "driven / directly, median": median(ratios), "least": min(ratios), "greatest": max(ratios),
    }  # fmt: skip


def _processor_seconds(way: Callable[[], None]) -> float:
    began = time.process_time()
    way()
    return time.process_time() - began


def main() -> None:
    """Print all figures as JSON, a measurement a line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nothing", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", choices=["here", "worker", "diagnoses"])
    asked = parser.parse_args()
    ways: dict[str, Callable[[], dict[str, float]]] = {
        "here": lambda: drive_nothing(Nothing(), asked.nothing, 1),
        "worker": lambda: drive_nothing(Workers(1, prepare), asked.nothing, 2),
        "diagnoses": partial(compare_diagnoses, asked.pairs),
    }
    if asked.only:
        print(
            json.dumps({asked.only: {name: round(value, 4) for name, value in ways[asked.only]().items()}}), flush=True
        )
        return
    for way in ways:  # each in a process of its own, so that memory is that of one
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--only", way], check=True)


if __name__ == "__main__":
    main()
