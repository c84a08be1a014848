"""Who does the items of a sweep: this process, or several, each with a bench of its own and the same threads."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ganmend.files.paths import file_name
from ganmend.runs.items import InThisProcess, Item, Outcome, Runner, do_item
from ganmend.runs.sweep_request import SweepRequest
from ganmend.runs.worker import Do
from ganmend.runs.workers import Workers

if TYPE_CHECKING:  # a process that only gives out items does without PyTorch
    from ganmend.files.kept import Kept
    from ganmend.workbench.workbench import Workbench


def runner_of(request: SweepRequest, workers: int, work: Path, *, allow_code: bool) -> Runner:
    """Whoever does a sweep's items.

    Args:
        request: of the sweep.
        workers: processes; 0 is this one.
        work: a folder, in which items under way keep what they have.
        allow_code: run Python code that a classifier's name leads to.

    Returns:
        A runner, which whoever asked for it closes.

    Raises:
        GanmendError: something cannot be had, or does not fit.
    """
    if workers:
        return Workers(workers, partial(prepare, request.as_dict(), work, allow_code=allow_code))
    from ganmend.runs.sweep_items import KINDS

    return InThisProcess(open_bench(request, allow_code=allow_code), KINDS, partial(kept_in, work))


def prepare(values: Mapping[str, object], work: Path, *, allow_code: bool) -> Do:
    """Load in a process of its own what a sweep's items need.

    Args:
        values: of the sweep's request.
        work: see `runner_of`.
        allow_code: see `runner_of`.

    Returns:
        What does an item.

    Raises:
        GanmendError: something cannot be had, or does not fit.
    """
    return partial(_do, open_bench(SweepRequest.from_dict(values), allow_code=allow_code), work)


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


def kept_in(work: Path, item: Item) -> "Kept":
    """What an item has finished, in its own folder in `work`."""
    from ganmend.files.kept import Kept

    return Kept(folder_of(work, item))


def folder_of(work: Path, item: Item) -> Path:
    """Where an item keeps what it has finished."""
    return work / file_name(item.name)


def _do(bench: "Workbench", work: Path, item: Item) -> Outcome:
    from ganmend.runs.sweep_items import KINDS

    return do_item(item, bench, KINDS, kept_in(work, item))
