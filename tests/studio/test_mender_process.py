"""The process that mends, as the queue sees it; at the end a real one, which is killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.errors import GanmendError
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.runs.mend_run import mend_in
from ganmend.studio.mender_process import NO_PROCESS, MenderProcess
from ganmend.studio.queue import Jobs
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult

NOTHING = Item("", "mend")


class NoProcess:
    """Workers of which none can be begun."""

    made = closed = 0

    def __init__(self, count, prepare):
        NoProcess.made += 1

    def submit(self, item):
        raise GanmendError("3 worker processes were killed while they loaded")

    def close(self):
        NoProcess.closed += 1


def test_a_process_that_cannot_be_begun_fails_the_job(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("ganmend.studio.mender_process.Workers", NoProcess)
    process = MenderProcess(None, False)
    assert process.do(tmp_path, threading.Event()) == ("failed", NO_PROCESS)
    assert capfd.readouterr().err == "3 worker processes were killed while they loaded\n"
    assert (NoProcess.made, NoProcess.closed) == (2, 1), "the next job gets new ones"


class Scripted:
    """Workers whose next outcomes are known."""

    outcomes: ClassVar[list[Outcome | None]] = []

    def __init__(self, count, prepare):
        self.items = []

    def submit(self, item):
        self.items.append(item)

    def wait_for(self, seconds):
        outcome = self.outcomes.pop(0)
        return outcome and replace(outcome, item=self.items[-1])


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (Outcome(NOTHING, Answer({"state": "done", "message": "so"})), ("done", "so")),
        (
            Outcome(NOTHING, None, "3 processes that did it were killed"),
            ("failed", "3 processes that did it were killed"),
        ),
    ],
)
def test_how_a_process_ended_a_job_is_told(tmp_path, monkeypatch, outcome, end):
    monkeypatch.setattr("ganmend.studio.mender_process.Workers", Scripted)
    monkeypatch.setattr(Scripted, "outcomes", [None, None, outcome])
    process = MenderProcess(None, False)
    assert process.do(tmp_path, threading.Event()) == end
    assert process._workers.items == [Item(tmp_path.name, "mend", {"directory": str(tmp_path)})]


def test_a_job_is_left_where_the_studio_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr("ganmend.studio.mender_process.Workers", Scripted)
    closing = threading.Event()
    closing.set()
    assert MenderProcess(None, False).do(tmp_path, closing) is None


def wait_for(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


CONFIG_OF_SECONDS = replace(
    ganmend.PRESETS["default"], steps=40, latents=8, validation_latents=16, validate_every=2, patience=0
)
OF_SECONDS = MendRequest("repair", "frog", GeneratorSource("demo"), config=CONFIG_OF_SECONDS, samples=40)
SERVER = """
import sys, time
from pathlib import Path
from ganmend.studio.queue import Jobs
if __name__ == "__main__":
    jobs = Jobs(Path(sys.argv[1]), threads=int(sys.argv[2]))
    jobs.start()
    while True:
        process = jobs._process._workers._workers
        print(process[0].process.pid if process else 0, flush=True)
        time.sleep(0.1)
"""


def runs(process: int) -> bool:
    """Whether a process runs; one that is dead and not yet fetched does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def goes_on_searching(jobs: Jobs, name: str) -> None:
    """Wait until another process takes steps."""
    until_now = jobs.job(name).progress.seconds
    wait_for(lambda: jobs.job(name).progress.seconds > until_now and jobs.job(name).progress.stage == "loading")
    wait_for(lambda: jobs.job(name).progress.stage == "searching")


@pytest.mark.long
def test_a_job_whose_processes_are_killed_ends_as_if_they_had_not_been(tmp_path):
    """The one that mends, the server, and the next server's; and a server that is closed."""
    jobs = Jobs(tmp_path / "studio", threads=(threads := torch.get_num_threads()))
    name = jobs.submit(OF_SECONDS)
    (tmp_path / "server.py").write_text(SERVER)
    server = subprocess.Popen(
        [sys.executable, tmp_path / "server.py", jobs.directory, str(threads)], stdout=subprocess.PIPE, text=True
    )
    wait_for(lambda: jobs.job(name).live_picture is not None)
    assert server.stdout is not None
    mends = next(pid for pid in map(int, server.stdout) if pid)
    assert runs(mends)
    server.kill()
    wait_for(lambda: not runs(mends), seconds=3)
    server.wait()
    server.stdout.close()
    assert jobs.job(name).state == "waiting"
    jobs.start()
    goes_on_searching(jobs, name)
    os.kill(jobs._process._workers._workers[0].process.pid, signal.SIGKILL)
    goes_on_searching(jobs, name)
    began = time.monotonic()
    jobs.close()
    assert time.monotonic() - began < 3
    jobs.start()
    wait_for(lambda: jobs.job(name).state == "done")
    jobs.close()
    alone = mend_in(tmp_path / "alone", OF_SECONDS)
    result = MendResult.load(jobs.job(name).result_directory)
    assert result.after.digest() == alone.after.digest()
    assert result.history == json.loads(json.dumps(alone.history))
