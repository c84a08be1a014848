"""Items in several processes of this machine, which are replaced where they die."""

import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

from ganmend.errors import GanmendError
from ganmend.runs.items.item import Item, Outcome
from ganmend.runs.items.worker import Do, Ready, Refused, Said, work

AHEAD = 2  # items for each worker: one that it does, and one that it can begin at once
TRIES = 3  # of an item whose processes die: it may itself be what kills them
LOADS = 3  # processes in a row that die before they are ready
PATIENCE = 3.0  # seconds that a process gets to end when it is told to


class _Worker:
    """A process, the pipe to it, and the item that it has."""

    def __init__(self, prepare: Callable[[], Do]) -> None:
        spawning = get_context("spawn")  # a copy of a process that runs threads may hang
        self.connection, its = spawning.Pipe()
        self.process: SpawnProcess = spawning.Process(target=work, args=(its, prepare), daemon=True)
        self.ready = False
        self.item: Item | None = None
        # A signal would end the new process with a traceback before it can tell what it ignores.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        its.close()  # so that the process's end is seen as the pipe's

    def give(self, item: Item) -> None:
        """Send it an item."""
        self.item = item
        with suppress(OSError):  # it has just died, which the next look at its pipe tells
            self.connection.send(item)

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.terminate()
        self.process.join(PATIENCE)
        self.process.kill()
        self.process.join()
        self.connection.close()


class Workers:
    """A `Runner` with processes of its own.

    A process begins when there is an item for it. One that dies, by a signal or for want of memory, is replaced, and
    its item is done again, TRIES times in all.

    Attributes:
        at_once: items to give it at a time.

    Args:
        count: of processes, at most.
        prepare: loads in each process what its items need, and gives what does one; it can be pickled.
    """

    at_once: int

    def __init__(self, count: int, prepare: Callable[[], Do]) -> None:
        self._count, self._prepare, self.at_once = count, prepare, AHEAD * count
        self._workers: list[_Worker] = []
        self._waiting, self._ended = deque[Item](), deque[Outcome]()
        self._tries: dict[str, int] = {}
        self._died_unready = 0
        _track_quietly()

    def submit(self, item: Item) -> None:
        """Take an item; it begins when a process is free."""
        self._waiting.append(item)
        self._hand_out()

    def wait(self) -> Outcome:
        """The outcome of the next item that ends.

        Returns:
            The outcome.

        Raises:
            GanmendError: no process can do any item; it says why.
            RuntimeError: a defect of ours in a process, with its traceback.
        """
        while (outcome := self.wait_for(None)) is None:
            pass
        return outcome

    def wait_for(self, seconds: float | None) -> Outcome | None:
        """The same, if there is one before long.

        Args:
            seconds: that are waited until a process says something; None waits as long as that takes.

        Returns:
            The outcome; None where no item has ended yet.

        Raises:
            GanmendError: see `wait`.
            RuntimeError: see `wait`.
        """
        if not self._ended:
            speaking = wait([worker.connection for worker in self._workers], seconds)
            for worker in [worker for worker in self._workers if worker.connection in speaking]:
                self._hear(worker)
            self._hand_out()
        return self._ended.popleft() if self._ended else None

    def close(self) -> None:
        """End all processes, within seconds; what they were doing is not done."""
        for worker in self._workers:
            worker.process.terminate()  # all of them before the first is waited for
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._waiting.clear()

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.ready and worker.item is None:
                worker.give(self._waiting.popleft())
        loading = sum(not worker.ready for worker in self._workers)
        for _ in range(min(len(self._waiting) - loading, self._count - len(self._workers))):
            self._workers.append(_Worker(self._prepare))

    def _hear(self, worker: _Worker) -> None:
        """Take what a process says, or that it is gone.

        Args:
            worker: whose pipe has something.

        Raises:
            GanmendError: no process can do any item.
            RuntimeError: a defect of ours.
        """
        try:
            said: Said = worker.connection.recv()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if isinstance(said, Refused):
            if said.traceback:
                raise RuntimeError(f"in a worker:\n{said.traceback}")
            raise GanmendError(said.message)
        worker.ready, self._died_unready = True, 0
        if not isinstance(said, Ready):
            worker.item = None
            self._ended.append(said)

    def _bury(self, worker: _Worker) -> None:
        """Give a dead process's item to another one, or give it up.

        Args:
            worker: whose pipe ended.

        Raises:
            GanmendError: one process after another dies before it can begin.
        """
        worker.end()
        self._workers.remove(worker)
        how = _how_it_ended(worker.process.exitcode)
        if not worker.ready:
            self._died_unready += 1
            if self._died_unready == LOADS:
                raise GanmendError(f"{LOADS} worker processes {how} while they loaded; give fewer --workers")
        if (item := worker.item) is None:
            return
        self._tries[item.name] = self._tries.get(item.name, 0) + 1
        if self._tries[item.name] < TRIES:
            self._waiting.appendleft(item)
        else:
            self._ended.append(Outcome(item, None, f"{TRIES} processes that did it {how}, one after another"))


def _track_quietly() -> None:
    """Begin Python's tracker of what processes share; a lock of one that was killed is nothing to warn a user of."""
    sys.warnoptions.append("ignore:resource_tracker")
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.pop()


def _how_it_ended(status: int | None) -> str:
    if status == -signal.SIGKILL:
        return "were killed, perhaps for want of memory"
    return f"were ended by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
