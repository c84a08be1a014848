"""Workers that go wrong at file 1; in a module of its own, for a process begins by importing it."""

import os
import signal
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.outcome import Outcome

OUTCOME = Outcome(0, "a format", "a change", 1)


def crashing(seed: int, indices: range, folder: Path, results: Connection) -> None:
    for index in indices:
        results.send(replace(OUTCOME, index=index))
        if index == 1:
            os._exit(7)
        results.send(replace(OUTCOME, index=index))


def hanging(seed: int, indices: range, folder: Path, results: Connection) -> None:
    for index in indices:
        results.send(replace(OUTCOME, index=index))
        time.sleep(600 * (index == 1))
        results.send(replace(OUTCOME, index=index))


def busy(seed: int, indices: range, folder: Path, results: Connection) -> None:
    for index in indices:
        results.send(replace(OUTCOME, index=index))
        signal.setitimer(signal.ITIMER_PROF, 0.1)
        while index == 1:
            pass
        signal.setitimer(signal.ITIMER_PROF, 0)
        results.send(replace(OUTCOME, index=index))
