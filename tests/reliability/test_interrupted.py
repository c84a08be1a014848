"""What ends a program in any stage: exit status 130, no traceback, nothing half-written, and it can be gone on with.

All verbs at many instants take a quarter of an hour: GANMEND_EVERY_STAGE=1 python -m pytest -m long tests/reliability
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.reliability.commands import COMMANDS, SHORT, prepare
from tests.reliability.interrupted import Case, Ended

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REPAIR = f"repair demo frog --out OUT {SHORT}"
# A command, its stage, and whether it is gone on with, which takes most of the time.
STAGES = [
    (REPAIR, "searching", False),
    (REPAIR, "judging", False),
    ("diagnose demo -n 10", "diagnosing", False),
    ("sample demo frog cat -n 3 --out OUT", "drawing", True),
    ("evaluate demo frog -n 20", "judging", False),
]
MORE_STAGES = [
    *((f"{REPAIR} --init best", stage, True) for stage in ("reading", "ranking", "choosing")),
    *((REPAIR, stage, True) for stage in ("searching", "judging", "healthy classes")),
    (COMMANDS["diagnose"], "diagnosing", True),
    (COMMANDS["evaluate"], "judging", True),
    (COMMANDS["statistics"], "reading", True),
    (COMMANDS["sample, one picture"], "drawing", True),
    (COMMANDS["augment"], "drawing", True),
]
INSTANTS = 12  # of each verb
LONGEST = 4.0  # seconds after which a signal comes
asked_for = pytest.mark.skipif("GANMEND_EVERY_STAGE" not in os.environ, reason="takes a quarter of an hour; see above")


def endings(cases: Sequence[Case], folder: Path) -> list[Ended]:
    """How each case ended, in a process that forks them."""
    (folder / "work").mkdir()
    with contextlib.chdir(folder / "work"):
        prepare(folder / "work")
    (folder / "cases.json").write_text(json.dumps([asdict(case) for case in cases]))
    subprocess.run([sys.executable, "-m", "tests.reliability.interrupted", str(folder)], check=True)
    return [Ended(**json.loads(line)) for line in (folder / "ended.jsonl").read_text().splitlines()]


def words_of(command: str, number: int) -> list[str]:
    return command.replace("OUT", f"out-{number}").split()


def check(stages: Sequence[tuple[str, str, bool]], folder: Path) -> None:
    """See that each command ended by its signal, and could be gone on with."""
    cases = [
        Case(words_of(command, number), SIGNALS[number % len(SIGNALS)], stage, again=again)
        for number, (command, stage, again) in enumerate(stages)
    ]
    for case, ended in zip(cases, endings(cases, folder), strict=True):
        assert ended.status == 130, (case, ended)
        assert "Traceback" not in ended.said, (case, ended)
        assert ended.left == [], (case, ended)
        assert ended.again == (0 if case.again else None), (case, ended)


def test_a_signal_in_a_stage_ends_it_and_it_is_gone_on_with(tmp_path: Path) -> None:
    check(STAGES, tmp_path)


@asked_for
def test_in_further_stages(tmp_path: Path) -> None:
    check(MORE_STAGES, tmp_path)


@asked_for
@pytest.mark.parametrize("name", COMMANDS)
def test_at_random_instants(name: str, tmp_path: Path) -> None:
    """A command may be done by then, and was perhaps complete already when the signal came."""
    numbers = random.Random(name)
    cases = [
        Case(words_of(COMMANDS[name], number), numbers.choice(SIGNALS), seconds=numbers.uniform(0.2, LONGEST))
        for number in range(INSTANTS)
    ]
    for case, ended in zip(cases, endings(cases, tmp_path), strict=True):
        assert ended.status in (130, 0, 2 if name == "push-to-hub" else 130), (case, ended)
        assert "Traceback" not in ended.said, (case, ended)
        assert ended.left == [], (case, ended)
        assert "Traceback" not in ended.said_again, (case, ended)
        complete = ended.again == 2 and "exists" in ended.said_again
        assert ended.again == 0 or complete or name == "push-to-hub", (case, ended)
