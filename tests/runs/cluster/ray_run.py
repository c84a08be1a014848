"""A cluster run as a program that can be killed: `python -m tests.runs.cluster.ray_run FOLDER COUNT`."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from ganmend.runs.cluster.on_ray import OnRay
from ganmend.runs.items.driver import Driver, Tally
from ganmend.runs.items.item import Item
from ganmend.runs.items.store import LocalStore
from tests.runs.cluster.ray_items import Doing

ROOT = Path(__file__).parents[3]


def run(folder: Path, count: int) -> Tally:
    (folder / "began").mkdir(exist_ok=True)
    doing = Doing(folder / "began", torch.ones(1 << 20))
    runner = OnRay("local", lambda: doing, workers=2)
    items = [Item(f"rest-{number}", "rest", {"number": number}) for number in range(count)]
    try:
        driver = Driver(runner, LocalStore(folder / "run"), at_once=runner.at_once)
        return driver.run(Tally("resting", count), items)
    finally:
        runner.close()


def started(folder: Path, count: int, before: tuple[str, ...] = (), **environment: str) -> subprocess.Popen:
    """This program, in a process of its own, behind another one that begins it."""
    found = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [*before, sys.executable, "-m", "tests.runs.cluster.ray_run", str(folder), str(count)]
    return subprocess.Popen(command, env=found, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), int(sys.argv[2])))
