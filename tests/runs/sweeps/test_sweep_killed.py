"""A sweep by processes of its own: killed, taken up by others, and in the end the same to the last bit."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ganmend.runs.sweeps.run import sweep_in
from tests.runs.items.test_workers import alive, wait_for
from tests.runs.sweeps.sweeping import contents, small_request

SCRIPT = """
import json, sys
from pathlib import Path
from ganmend.runs.sweeps.request import SweepRequest
from ganmend.runs.sweeps.run import sweep_in

if __name__ == "__main__":
    out, workers, request = sys.argv[1:]
    sweep_in(Path(out), SweepRequest.from_dict(json.loads(request)), workers=int(workers))
    print("torch" in sys.modules)
"""


def begin(networks: Path, out: Path, workers: int, classes: str) -> subprocess.Popen[str]:
    """A sweep in a process of its own; at its end it says whether it has imported PyTorch."""
    script, request = networks / "sweep.py", json.dumps(small_request(networks, classes).as_dict())
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), str(out), str(workers), request]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def children_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return tmp_path_factory.mktemp("networks")


@pytest.mark.long
def test_killed_in_the_middle_it_leaves_no_process_and_ends_as_if_it_had_not_been(networks, tmp_path):
    whole = sweep_in(tmp_path / "whole", small_request(networks, "frog"))
    out = tmp_path / "out"
    driver = begin(networks, out, 1, "frog")
    assert wait_for(lambda: bool(list(out.glob("items/search/*/0.json"))), seconds=100)
    workers = children_of(driver.pid)
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    assert wait_for(lambda: not any(map(alive, workers)), seconds=5)
    first = out / "items/search/00006/0.json"
    written = first.stat().st_mtime_ns
    sweep_in(out, small_request(networks, "frog"))
    assert first.stat().st_mtime_ns == written
    assert contents(out) == contents(whole.directory)


@pytest.mark.skipif("GANMEND_SLOW_TESTS" not in os.environ, reason="a minute: set GANMEND_SLOW_TESTS=1")
def test_by_one_two_or_four_processes_it_finds_the_same_and_the_driver_does_without_pytorch(networks, tmp_path):
    expected = contents(sweep_in(tmp_path / "here", small_request(networks)).directory)
    for workers in (1, 2, 4):
        driver = begin(networks, tmp_path / str(workers), workers, "frog,cat")
        said, _ = driver.communicate(timeout=600)
        assert (driver.returncode, said) == (0, "False\n")
        assert contents(tmp_path / str(workers)) == expected
