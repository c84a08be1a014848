"""A disk that is full, read-only or failing, at one moment after another: one clear line, and nothing half-written.

Some moments of one command; `sweep_faults.py` tries all moments of all commands that write.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.reliability.faults import FAULTS
from tests.reliability.faulty_disk import Outcome, outcomes, wrong_with

COMMANDS = ("convert",)  # the quickest
EVERY = 3

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, which faults.c needs"),
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="faults.c asks /proc for the names of open files"),
]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    return list(outcomes(tmp_path_factory.mktemp("faults"), EVERY, COMMANDS))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_disk_is_told_and_leaves_nothing_half_written(fault: str, tried: list[Outcome]) -> None:
    met = [outcome for outcome in tried if outcome.fault == fault]
    assert met
    assert {json.dumps(outcome.__dict__): problem for outcome in met if (problem := wrong_with(outcome))} == {}


def test_what_is_wrong_is_noticed() -> None:
    line = "ganmend: cannot write disk/out (No space left on device); free some space"
    good = Outcome("sample", "full", 1, 2, [line], "old", [], (0, "new"))
    assert wrong_with(good) == ""
    for change in (
        {"status": 0},
        {"said": []},
        {"said": [line, line]},
        {"said": ["ganmend: cannot write disk/out (Input/output error)"]},
        {"said": ["ganmend: it failed (No space left on device)"]},
        {"left": "part"},
        {"litter": [".out.1.partial"]},
        {"again": (2, "old")},
    ):
        assert wrong_with(Outcome(**(good.__dict__ | change))), change
