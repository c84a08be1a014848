"""What a run has left is ended when the run has ended, and nothing else is."""

import subprocess
import sys
import time

import pytest

from ganmend.runs.cluster import watchdog
from ganmend.runs.cluster.watchdog import writers

WRITE = "import sys, time; file = open(sys.argv[1], 'a'); print('ready', flush=True); time.sleep(60)"
READ = WRITE.replace("'a'", "'r'")
pytestmark = pytest.mark.skipif(not watchdog.PROCESSES.is_dir(), reason="no /proc: nothing is ended")


def opened(code, path):
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def processes(tmp_path):
    """A writer of the run's folder, a reader of it, and a writer of another folder of nearly its name."""
    own, other = tmp_path / "run/logs/a.log", tmp_path / "run-2/logs/a.log"
    for path in (own, other):
        path.parent.mkdir(parents=True)
        path.touch()
    started = [opened(WRITE, own), opened(READ, own), opened(WRITE, other)]
    yield started
    for process in started:
        process.kill()
        process.communicate()


def test_only_who_writes_into_the_folder_belongs_to_the_run(processes, tmp_path):
    assert writers(tmp_path / "run") == [processes[0].pid]
    assert writers(tmp_path / "none") == []


def test_when_the_run_has_ended_its_processes_and_its_folder_go(processes, tmp_path):
    command = [sys.executable, "-m", "ganmend.runs.cluster.watchdog", str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as watching:
        time.sleep(0.3)
        assert [process.poll() for process in processes] == [None] * 3, "not before"
        assert watching.stdin is not None
        watching.stdin.close()
        assert watching.wait(10) == 0
    assert processes[0].wait(5) == -9
    assert [process.poll() for process in processes[1:]] == [None] * 2
    assert not (tmp_path / "run").exists()
    assert (tmp_path / "run-2/logs/a.log").exists()
