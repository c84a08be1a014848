"""Runs taken up where they ended: what a directory says is enough."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ganmend.errors import OptionError
from ganmend.files.outputs import clear_up
from ganmend.files.paths import as_path
from ganmend.progress import OnProgress, ignore
from ganmend.runs.demo_run import begun_demo
from ganmend.runs.mend_run import mend_in
from ganmend.runs.record import RunRecord, in_folder
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.sample_folder import interrupted_record
from ganmend.workbench.workbench import Workbench


def unfinished_runs(directory: Path) -> dict[Path, RunRecord]:
    """The runs that are not complete in a directory, or in the directories in it.

    Args:
        directory: of one run, or of several.

    Returns:
        By their directories, absolute, in order.

    Raises:
        OptionError: there are none; the message says what is there.
    """
    if not directory.is_dir():
        raise OptionError(f"no directory at {directory}; give that of a run")
    places = [directory, *sorted(place for place in directory.iterdir() if place.is_dir() and place.name[0] != ".")]
    records = {place.resolve(): RunRecord.read(place) for place in places}
    runs = {place: found for place, found in records.items() if found is not None and not found.complete}
    for place, found in records.items():
        if found is not None and found.complete:
            clear_up(place)
    if runs:
        return runs
    if any(records.values()):
        raise OptionError(f"the run in {directory} is complete; nothing is left to be done")
    if (drawn := interrupted_record(directory)) is not None:
        raise OptionError(
            f"{directory} holds images that were not all drawn; give again: {drawn.get('command')!s:.300}"
        )
    if begun_demo(directory) is not None:
        raise OptionError(f"{directory} holds a demo that was not ended; go on by: ganmend resume {directory}")
    raise OptionError(
        f"{directory} holds no run of ganmend; give a directory that repair, repurpose, debias, sweep or demo wrote"
    )


def resume(directory: str | Path, *, allow_code: bool = False, on_progress: OnProgress = ignore) -> list[MendResult]:
    """Finish the runs that were killed or interrupted in a directory: each result is that of a run that was not.

    Args:
        directory: of one run, as `mend_in` or the command line left it, or of several.
        allow_code: run Python code that a classifier's name leads to, see `Workbench`.
        on_progress: called in all stages of all runs.

    Returns:
        Their results, as they are saved; one that was interrupted again is the last.

    Raises:
        GanmendError: there is nothing to be gone on with, or something that a run needs cannot be had, or is not what
            it was.
    """
    asked = as_path(directory)
    return [result for _, result in resuming(asked, allow_code=allow_code, on_progress=lambda request: on_progress)]


def resuming(
    directory: Path,
    *,
    allow_code: bool = False,
    on_progress: Callable[[MendRequest], OnProgress] = lambda request: ignore,
) -> Iterator[tuple[Path, MendResult]]:
    """Finish the runs that a directory holds, one after another.

    Args:
        directory: of one run, or of several.
        allow_code: run Python code that a classifier's name leads to, see `Workbench`.
        on_progress: from a request to what is called in all stages of its run.

    Yields:
        Each run's directory and its result; after one that was interrupted no other is begun.

    Raises:
        GanmendError: there is nothing to be gone on with, or something that a run needs cannot be had, or is not what
            it was.
    """
    bench: tuple[MendRequest, Workbench] | None = None
    for place, record in unfinished_runs(directory).items():
        request = MendRequest.from_dict(record.request)
        shared = replace(request, task="repair", target="")
        with in_folder(record.folder):
            if bench is None or bench[0] != shared:
                bench = shared, request.workbench(allow_code=allow_code)
                bench[1].prepare(on_progress(request))
            result = mend_in(place, request, bench[1], command=record.command, on_progress=on_progress(request))
        yield place, result
        if result.interrupted:
            return
