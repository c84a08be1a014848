"""Ends what a run's own cluster has left, once the run has ended: `python -m ganmend.runs.cluster.watchdog FOLDER`.

A program that is killed cannot tidy up, and Ray leaves processes then (its issues 2005 and 34125). So another process
waits until the pipe from the run breaks, which the system sees to.
"""

import os
import shutil
import signal
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")  # Linux's; where there is none, nothing is ended
LONGEST = 5.0  # seconds; a process that was killed and still there waits for a device


def wait_and_end(folder: Path) -> None:
    """Wait for the end of the standard input; then kill all that writes into a folder, and delete the folder.

    Args:
        folder: the cluster's own.
    """
    sys.stdin.buffer.read()
    until = time.monotonic() + LONGEST
    while (left := writers(folder)) and time.monotonic() < until:
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)  # a process that was just starting others may have started one more
    shutil.rmtree(folder, ignore_errors=True)


def writers(folder: Path) -> list[int]:
    """The processes that have a file of a folder open to write into it, as all of Ray's have their logs.

    Args:
        folder: absolute. Who merely reads a file there is none of them.

    Returns:
        Their numbers.
    """
    others = set(PROCESSES.glob("[0-9]*")) - {PROCESSES / str(os.getppid())}  # the run's own end is its own matter
    return [int(process.name) for process in others if any(folder in file.parents for file in _written(process))]


def _written(process: Path) -> list[Path]:
    """The files that a process has open for writing; none where it is gone, or another user's."""
    try:
        opened = list((process / "fd").iterdir())
        return [Path(os.readlink(file)) for file in opened if file.lstat().st_mode & stat.S_IWUSR]
    except OSError:
        return []


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)  # they are the run's; its end is what this waits for
    wait_and_end(Path(sys.argv[1]))
