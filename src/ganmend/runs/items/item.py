"""The pieces that a large run is made of, and what they are given to: this process, several, or a cluster.

An item is plain values, so that it can be sent; what it gives depends on these and on the run's request alone, never on
where or when it was computed. Whoever gives out items writes their answers down, and nobody else.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ganmend.errors import GanmendError

if TYPE_CHECKING:  # whoever only gives out items does without PyTorch, which takes 300 MB
    from ganmend.files.kept import Kept
    from ganmend.workbench.workbench import Workbench


@dataclass(frozen=True)
class Item:
    """One piece of work.

    Attributes:
        name: its own in a run, such as 'search/frog/0': where its answer is stored.
        kind: which function does it, a name of the run's kinds.
        arguments: plain values for that function.
    """

    name: str
    kind: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What an item gave.

    Attributes:
        values: plain values.
        files: contents by their names in the run's store, such as an edit's file.
    """

    values: Mapping[str, object]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How an item ended.

    Attributes:
        item: that was done.
        answer: what it gave; None where it failed.
        error: why it failed, in one line; '' where it did not.
        seconds: that it took.
    """

    item: Item
    answer: Answer | None
    error: str = ""
    seconds: float = 0.0


# Does the items of one kind: on the run's workbench, with the item's arguments, and what an attempt before has kept.
Kind = Callable[["Workbench", Mapping[str, object], "Kept"], Answer]
KeptFor = Callable[[Item], "Kept"]


class Runner(Protocol):
    """Whatever items are given to.

    Attributes:
        at_once: items to give it at a time, so that no worker waits for the next.
    """

    at_once: int

    def submit(self, item: Item) -> None:
        """Take an item; it begins when there is room."""

    def wait(self) -> Outcome:
        """The outcome of the next item that ends, in whatever order; there is one under way."""

    def close(self) -> None:
        """End what is under way, and leave nothing behind."""


class InThisProcess:
    """Items one after another, here.

    Attributes:
        at_once: items to give it at a time.

    Args:
        bench: that they share.
        kinds: functions by name.
        kept_for: where an item keeps what it has finished; None keeps nothing.
    """

    at_once = 1

    def __init__(self, bench: "Workbench", kinds: Mapping[str, Kind], kept_for: KeptFor | None = None) -> None:
        self._bench, self._kinds, self._kept_for = bench, kinds, kept_for
        self._waiting: deque[Item] = deque()

    def submit(self, item: Item) -> None:
        """Take an item; it begins when `wait` comes to it."""
        self._waiting.append(item)

    def wait(self) -> Outcome:
        """Do the item that was submitted first of those that are left."""
        item = self._waiting.popleft()
        return do_item(item, self._bench, self._kinds, None if self._kept_for is None else self._kept_for(item))

    def close(self) -> None:
        """Forget what was not begun."""
        self._waiting.clear()


def do_item(item: Item, bench: "Workbench", kinds: Mapping[str, Kind], kept: "Kept | None" = None) -> Outcome:
    """Do an item; what a user can be told of is an outcome too, so that the others go on.

    Args:
        item: to be done.
        bench: of its run.
        kinds: functions by name.
        kept: what an attempt before has kept; None keeps nothing.

    Returns:
        Its outcome.
    """
    from ganmend.files.kept import NOTHING_KEPT

    began = time.monotonic()
    try:
        answer, error = kinds[item.kind](bench, item.arguments, NOTHING_KEPT if kept is None else kept), ""
    except GanmendError as problem:
        answer, error = None, str(problem)
    except OSError as problem:  # a disk that is full, a folder that is gone: perhaps not when it is tried again
        answer, error = None, f"cannot use {problem.filename or 'a file'} ({problem.strerror or problem})"
    return Outcome(item, answer, error, time.monotonic() - began)
