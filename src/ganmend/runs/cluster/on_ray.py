"""Items on a Ray cluster: as tasks that share what they need, which lies once on each machine of it."""

import pickle
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, cast
from uuid import uuid4

from ganmend.errors import GanmendError, OptionError
from ganmend.runs.cluster.local import own_cluster, quietly
from ganmend.runs.cluster.packed import Packed, pack
from ganmend.runs.cluster.ray_worker import EachPrepares, versions, work
from ganmend.runs.cluster.users import AUTO, expect_answer, users_cluster
from ganmend.runs.items.item import Item, Outcome
from ganmend.runs.items.worker import Do
from ganmend.runs.items.workers import AHEAD, TRIES

LOCAL = "local"  # the address of a cluster of this machine that begins and ends with the run
LOOK_EVERY = 1.0  # seconds between two looks at how large the cluster is


class OnRay:
    """Items on the workers of a Ray cluster, see `Runner`.

    What a worker computes depends on the item, on what all share and on the number of threads alone. Where a worker is
    killed, or its machine goes, Ray gives its item to another, TRIES times in all.

    Attributes:
        at_once: items to give it at a time, as the cluster was in the beginning.
    """

    at_once: int

    def __init__(
        self, address: str, prepare: Callable[[], Do], *, workers: int, threads: int = 1, gpu: bool = False
    ) -> None:
        """Connect, and put what items share where all workers of a machine see it.

        Args:
            address: 'local' begins a cluster of this machine that ends with the run; 'auto' takes the one that this
                machine is part of; else the address 'HOST:PORT' of one. The latter two are never ended.
            prepare: gives, here, what does one item; it is sent with all that it holds. Where that cannot be, as of a
                network that is a program of the user's, each worker calls it for itself.
            workers: of a cluster of this machine.
            threads: of each item; their number changes how sums are rounded, and so the last bits of results.
            gpu: whether an item takes one, as this process has.

        Raises:
            GanmendError: what items share cannot be had; see `prepare`.
            OptionError: ray is not installed, there is no cluster, or it has no room.
        """
        try:
            import ray
        except ImportError as error:
            raise OptionError("--cluster needs the package ray: pip install 'ganmend[ray]'") from error
        if address not in (LOCAL, AUTO):
            expect_answer(address)  # before anything is loaded
        self._ray: Any = ray
        self._waiting, self._running = deque[Item](), dict[Any, Item]()
        self._slots_by, self._per_slot = ("GPU", 1) if gpu else ("CPU", threads)
        self._run, self._threads, self._looked_at = uuid4().hex, threads, -LOOK_EVERY
        shared = _packed(prepare)
        with ExitStack() as stack:
            own = own_cluster(workers * threads, shared.size) if address == LOCAL else users_cluster(address)
            stack.enter_context(own)
            if not (slots := self._slots()):
                raise OptionError(f"the cluster has no {self._slots_by} for an item; use another --cluster or --device")
            with quietly():
                self._shared = ray.put(shared)
            self._connection = stack.pop_all()
        self.at_once = AHEAD * slots
        given = {"num_gpus": 1} if gpu else {}
        self._work = ray.remote(work).options(num_cpus=threads, max_retries=TRIES - 1, **given)

    def submit(self, item: Item) -> None:
        """Take an item; it is given to a worker when one is, or will soon be, free."""
        self._waiting.append(item)
        self._give_out()

    def wait(self) -> Outcome:
        """The outcome of the next item that ends.

        Returns:
            It; an item whose worker was lost again and again has failed.

        Raises:
            GanmendError: no item can be done: ganmend is missing on a worker, or another version.
        """
        self._give_out()
        done, _ = self._ray.wait(list(self._running), num_returns=1)
        item = self._running.pop(done[0])
        try:
            return cast(Outcome, self._ray.get(done[0]))
        except self._ray.exceptions.RayTaskError as error:
            raise_cause(error)
            raise
        except self._ray.exceptions.RayError as error:
            return Outcome(item, None, _lost(error))

    def close(self) -> None:
        """End what is under way, and leave nothing behind."""
        self._waiting.clear()
        for one in self._running:
            self._ray.cancel(one, force=True)
        self._running.clear()
        self._connection.close()

    def _give_out(self) -> None:
        if time.monotonic() - self._looked_at >= LOOK_EVERY:  # machines come and go
            self._room, self._looked_at = AHEAD * max(1, self._slots()), time.monotonic()
        while self._waiting and len(self._running) < self._room:
            item = self._waiting.popleft()
            self._running[self._work.remote(self._shared, self._run, versions(), self._threads, item)] = item

    def _slots(self) -> int:
        """How many items the cluster can do at once."""
        return int(self._ray.cluster_resources().get(self._slots_by, 0) // self._per_slot)


def raise_cause(error: Any) -> None:
    """Raise what a user can be told of what a worker raised; a mistake of ours is left as it is.

    Args:
        error: that Ray made of it.

    Raises:
        GanmendError: the worker cannot do items.
        OptionError: for want of ganmend.
    """
    if isinstance(error.cause, GanmendError):
        raise error.cause
    if isinstance(error.cause, ModuleNotFoundError) and (error.cause.name or "").startswith("ganmend"):
        raise OptionError(
            "a machine of the cluster has no ganmend, or another version; install the same on all of them"
        ) from error


def _packed(prepare: Callable[[], Do]) -> Packed:
    """What workers share: what does an item, or what each of them makes it by."""
    try:
        return pack(prepare())
    except (AttributeError, TypeError, pickle.PicklingError):  # as what cannot be pickled says
        return pack(EachPrepares(prepare))


def _lost(error: Exception) -> str:
    """Why an item has no outcome, in a line."""
    reason = str(error).strip().split("\n")[0]
    return f"its worker was lost {TRIES} times, perhaps for want of memory ({type(error).__name__}: {reason:.200})"
