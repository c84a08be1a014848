"""Who does the items of a sweep: this process, several, or a cluster, all with the same threads."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ganmend.files.paths import file_name
from ganmend.runs.items.item import InThisProcess, Item, Outcome, Runner, do_item
from ganmend.runs.items.worker import Do
from ganmend.runs.items.workers import Workers
from ganmend.runs.sweeps.request import SweepRequest

if TYPE_CHECKING:  # a process that only gives out items does without PyTorch
    from ganmend.files.kept import Kept
    from ganmend.workbench.workbench import Workbench


def runner_of(request: SweepRequest, workers: int, work: Path, *, allow_code: bool, cluster: str = "") -> Runner:
    """Whoever does a sweep's items.

    Args:
        request: of the sweep.
        workers: processes; 0 is this one, or on a cluster of this machine as many as it has processors for.
        work: a folder, in which items under way keep what they have.
        allow_code: run Python code that a classifier's name leads to.
        cluster: of Ray, that does the items: see `OnRay`; '' for none.

    Returns:
        A runner, which whoever asked for it closes.

    Raises:
        GanmendError: something cannot be had, or does not fit.
    """
    if cluster:
        from ganmend.runs.cluster.on_ray import LOCAL, OnRay

        here = work if cluster == LOCAL else None  # another machine's workers have no such folder
        return OnRay(
            cluster,
            partial(prepare_to_send, request.as_dict(), here, allow_code=allow_code),
            workers=workers or max(1, (os.cpu_count() or 1) // request.threads),
            threads=request.threads,
            gpu=request.generator.device != "cpu",
        )
    if workers:
        return Workers(workers, partial(prepare, request.as_dict(), work, workers, allow_code=allow_code))
    from ganmend.runs.sweeps.items import KINDS

    return InThisProcess(open_bench(request, allow_code=allow_code), KINDS, partial(kept_in, work))


def prepare(values: Mapping[str, object], work: Path, processes: int, *, allow_code: bool) -> Do:
    """Load in a process of its own what a sweep's items need.

    Args:
        values: of the sweep's request.
        work: see `runner_of`.
        processes: that share the machine's memory, this one among them.
        allow_code: see `runner_of`.

    Returns:
        What does an item.

    Raises:
        GanmendError: something cannot be had, or does not fit.
    """
    from ganmend.models.free_memory import share_memory

    share_memory(processes)
    return partial(_do, open_bench(SweepRequest.from_dict(values), allow_code=allow_code), work)


def prepare_to_send(values: Mapping[str, object], work: Path | None, *, allow_code: bool) -> Do:
    """What `prepare` gives, with all that is otherwise loaded when it is first needed: workers share what is there.

    Args:
        values: see `prepare`.
        work: see `runner_of`; None where nothing is kept.
        allow_code: see `runner_of`.

    Returns:
        What does an item.

    Raises:
        GanmendError: something cannot be had, or does not fit.
    """
    bench = open_bench(SweepRequest.from_dict(values), allow_code=allow_code)
    bench.prepare()
    _ = bench.searching, bench.judges
    return partial(_do, bench, work)


def open_bench(request: SweepRequest, *, allow_code: bool) -> "Workbench":
    """The bench of a sweep's items; from now on this process computes with as many threads as the request says.

    Args:
        request: of the sweep.
        allow_code: see `runner_of`.

    Returns:
        The bench.

    Raises:
        GanmendError: something cannot be had, or does not fit.
    """
    import torch

    torch.set_num_threads(request.threads)
    return request.workbench(allow_code=allow_code)


def kept_in(work: Path | None, item: Item) -> "Kept":
    """What an item has finished, in its own folder in `work`; nothing where that is None."""
    from ganmend.files.kept import Kept

    return Kept(None if work is None else folder_of(work, item))


def folder_of(work: Path, item: Item) -> Path:
    """Where an item keeps what it has finished."""
    return work / file_name(item.name)


def _do(bench: "Workbench", work: Path | None, item: Item) -> Outcome:
    from ganmend.runs.sweeps.items import KINDS

    return do_item(item, bench, KINDS, kept_in(work, item))
