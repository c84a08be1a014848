"""What a worker of a Ray cluster does: items, one after another, with what lies in the memory of its machine."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import cast

import torch

from ganmend.errors import OptionError
from ganmend.models.free_memory import share_memory
from ganmend.runs.cluster.packed import Packed, unpack
from ganmend.runs.items.item import Item, Outcome
from ganmend.runs.items.worker import Do

# What does an item in this process, by its run: a process works for one run at a time, and does many of its items.
_ready: dict[str, Do] = {}


@dataclass(frozen=True)
class EachPrepares:
    """Stands for what does an item and cannot be sent.

    Attributes:
        prepare: makes it anew, in each worker.
    """

    prepare: Callable[[], Do]


def work(shared: Packed, run: str, expected: Mapping[str, str], threads: int, item: Item) -> Outcome:
    """What a worker does: an item, with what lies in the memory of its machine.

    Args:
        shared: does an item once it is unpacked, or is `EachPrepares`.
        run: tells one run's from another's.
        expected: versions of what whoever gives out the items has.
        threads: of an item.
        item: to be done.

    Returns:
        Its outcome.

    Raises:
        OptionError: the worker has other versions.
    """
    here = versions()
    if other := [name for name, value in expected.items() if here[name] != value]:
        told = ", ".join(f"{name} {here[name]} (expected {expected[name]})" for name in other)
        raise OptionError(f"worker {platform.node()} has {told}; install the same on all machines of the cluster")
    if run not in _ready:
        torch.set_num_threads(threads)  # Ray sets OMP_NUM_THREADS only, which libraries may have read before
        share_memory(max(1, _processors_of_this_machine() // threads))
        _ready.clear()
        found = unpack(shared)
        _ready[run] = found.prepare() if isinstance(found, EachPrepares) else cast(Do, found)
    return _ready[run](item)


def versions() -> dict[str, str]:
    """What the figures of an item depend on besides the item, by name; workers must have the same."""
    return {"Python": platform.python_version(), **{name: version(name) for name in ("ganmend", "torch")}}


def _processors_of_this_machine() -> int:
    """How many this worker's machine lends to Ray."""
    import ray

    own = ray.get_runtime_context().get_node_id()
    return int(next(node["Resources"].get("CPU", 1) for node in ray.nodes() if node["NodeID"] == own))
