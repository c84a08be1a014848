"""The process that mends, as the queue sees it: it is begun when there is a job, and replaced where it dies."""

import sys
import threading
from functools import partial
from pathlib import Path

from ganmend.errors import GanmendError
from ganmend.runs.items.item import Item, Outcome
from ganmend.runs.items.workers import Workers
from ganmend.studio.mender import ready

LOOKS = 0.1  # seconds between two looks whether it is to end
NO_PROCESS = "no process can be begun that does it; the server's error output says why"
End = tuple[str, str]  # how a job ended: its state and message


class MenderProcess:
    """One process, which does one job at a time; nothing is begun yet.

    Args:
        threads: of the process; None takes PyTorch's default.
        allow_code: run Python code that a classifier's name leads to, see `Workbench`.
    """

    def __init__(self, threads: int | None, allow_code: bool) -> None:
        self._ready = partial(ready, threads, allow_code)
        self._workers = Workers(1, self._ready)

    def do(self, directory: Path, closing: threading.Event) -> End | None:
        """Have a job done; where the process dies, another one goes on with it, three in all.

        Args:
            directory: of the job.
            closing: ends it.

        Returns:
            How it ended; None where it was ended by `closing`.
        """
        try:
            self._workers.submit(Item(directory.name, "mend", {"directory": str(directory)}))
            while not closing.is_set():
                if (outcome := self._workers.wait_for(LOOKS)) is not None:
                    return _end(outcome)
            return None
        except (GanmendError, OSError, RuntimeError) as error:  # no process can be begun
            sys.stderr.write(f"{error}\n")
            self._workers.close()
            self._workers = Workers(1, self._ready)
            return "failed", NO_PROCESS

    def close(self) -> None:
        """End the process, within seconds."""
        self._workers.close()


def _end(outcome: Outcome) -> End:
    if outcome.answer is None:  # one process after another died
        return "failed", outcome.error
    return str(outcome.answer.values["state"]), str(outcome.answer.values["message"])
