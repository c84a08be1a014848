"""Makes files one after another, reads them, and tells what came of each; runs in a process of its own."""

import random
import signal
import traceback
import warnings
from collections import defaultdict
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from ganmend.errors import GanmendError, GanmendWarning
from tests.fuzz import broken
from tests.fuzz.altered import altered
from tests.fuzz.measure import address_space, measured, ran_out
from tests.fuzz.outcome import Outcome
from tests.fuzz.reading import check, check_line, read
from tests.fuzz.seeds import Seed, tiny_seeds, whole_fixtures

TIMES, ALLOWANCE = 4, 8 << 20  # of the size of the files, and bytes beside it, that reading may take
SLOWEST = 20  # seconds of the processor for reading, drawing and exporting one file
ADDRESSES = 64 << 20  # bytes of addresses that it may claim beside them: the C library takes them in advance
WEIGHTS = {"PyTorch archive": 4, "PyTorch, older format": 3, "checkpoint .safetensors": 2, "ganmend .safetensors": 2,
           "whole fixtures": 0.3}  # fmt: skip


class Factory:
    """Makes file number `index` of a run, always the same one."""

    def __init__(self, seed: int) -> None:
        self.seed, self.formats = seed, defaultdict(list)
        for whole in tiny_seeds() + whole_fixtures():
            self.formats[whole.format].append(whole)
        self.weights = [WEIGHTS.get(format, 1) for format in self.formats]

    def make(self, index: int) -> tuple[Seed, str]:
        """The changed file, and the name of the change."""
        rng = random.Random(f"{self.seed}/{index}")
        seed = rng.choice(rng.choices(list(self.formats.values()), self.weights)[0])
        if rng.random() < 0.4:
            change, raw = "altered", altered(seed, rng)
        elif rng.random() < 0.1:
            other = rng.choice(rng.choice(list(self.formats.values())))
            change, raw = "spliced", broken.spliced(seed.raw, other.raw, rng)
        else:
            function = rng.choice((*broken.EVERY, broken.repacked))
            change, raw = function.__name__, function(seed.raw, rng)
        return replace(seed, raw=raw), change


def work(seed: int, indices: range, folder: Path, results: Connection) -> None:
    """Send an Outcome without result before each file, so that a crash or a hang has a name, and one after it."""
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    factory = Factory(seed)
    for whole in tiny_seeds():  # what a first use takes is no file's
        outcome(Outcome(-1, whole.format, "", 0), write(whole, folder))
    for index in indices:
        made, change = factory.make(index)
        path = write(made, folder)
        begun = Outcome(index, made.format, change, sum(file.stat().st_size for file in folder.iterdir()))
        results.send(begun)
        signal.setitimer(signal.ITIMER_PROF, SLOWEST)  # ends the process
        results.send(outcome(begun, path))
        signal.setitimer(signal.ITIMER_PROF, 0)
    results.close()


def write(seed: Seed, folder: Path) -> Path:
    """The file and those beside it, alone in the folder; returns the one to open."""
    for old in folder.iterdir():
        old.unlink()
    for name, raw in {**seed.beside, seed.name: seed.raw}.items():
        (folder / name).write_bytes(raw)
    return folder / (seed.opened or seed.name)


def outcome(begun: Outcome, path: Path) -> Outcome:
    content: object = None
    error: Exception | None = None

    def reading() -> None:
        nonlocal content, error
        try:
            with address_space(TIMES * begun.size + ADDRESSES):
                content = read(begun.format, path)
        except Exception as raised:
            error = raised

    with warnings.catch_warnings(record=True) as told:
        warnings.filterwarnings("always", category=GanmendWarning)  # any other one is an error
        cost = measured(reading)
    failure = _failure(content, error, path, [str(warning.message) for warning in told])
    if not failure and cost.peak > TIMES * begun.size + ALLOWANCE:
        failure = f"reading took {cost.peak} bytes"
    return replace(begun, read=error is None, message=str(error or ""), failure=failure, peak=cost.peak,
                   seconds=cost.seconds)  # fmt: skip


def _failure(content: object, error: Exception | None, path: Path, told: list[str]) -> str:
    try:
        for line in told:
            check_line(line)
        if error is None:
            check(content, path)
        elif isinstance(error, GanmendError):
            check_line(str(error))
            assert not ran_out(error), "memory ran out"
        else:
            raise error
    except Exception:
        return traceback.format_exc()
    return ""
