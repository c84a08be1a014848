"""A program that is killed leaves no process behind, and goes on later with what it had written down."""

import os
import signal
import time
from pathlib import Path

import pytest

from ganmend.runs.cluster.watchdog import writers
from ganmend.runs.items.store import LocalStore
from tests.runs.cluster.ray_items import attempts
from tests.runs.cluster.ray_run import started

pytest.importorskip("ray", reason="needs pip install 'ganmend[ray]'")
pytestmark = pytest.mark.ray

COUNT = 16


def finished(folder):
    return {name.removesuffix(".json") for name in LocalStore(folder / "run/items").names()}


@pytest.fixture
def temporary(tmp_path_factory):
    """A folder of a short path, in which Ray's sockets have room."""
    folder = Path(f"/tmp/gm{os.getpid()}")
    folder.mkdir()
    yield folder
    folder.rmdir()  # nothing is left in it


def end_in_the_middle(program, ending, folder, temporary):
    """End a program by a signal when it has written down three items, and see its cluster go."""
    while len(finished(folder)) < 3:
        assert program.poll() is None
        time.sleep(0.05)
    (cluster,) = temporary.iterdir()
    assert len(writers(cluster)) > 5, "Ray's processes are found by the files that they write"
    program.send_signal(ending)
    program.wait(10)
    until = time.monotonic() + 5
    while (writers(cluster) or cluster.exists()) and time.monotonic() < until:
        time.sleep(0.1)
    assert writers(cluster) == []
    assert not cluster.exists()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_driver_that_is_ended_leaves_nothing_and_goes_on_with_what_it_had(ending, tmp_path, temporary):
    with started(tmp_path, COUNT, TMPDIR=str(temporary)) as first:
        end_in_the_middle(first, ending, tmp_path, temporary)
    before = finished(tmp_path)
    counts = {name: len(attempts(tmp_path / "began", name)) for name in before}
    assert 3 <= len(before) < COUNT
    with started(tmp_path, COUNT, TMPDIR=str(temporary)) as second:
        out, _ = second.communicate(timeout=120)
    assert f"done={COUNT}, before={len(before)}, running=0, failed={{}}" in out
    assert {name: len(attempts(tmp_path / "began", name)) for name in before} == counts, "none was done again"
    assert finished(tmp_path) == {f"rest-{number}" for number in range(COUNT)}
