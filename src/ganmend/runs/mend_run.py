"""One class mended in a directory of its own, where a run that ended before its time is gone on with."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ganmend.errors import GanmendError, OutputError
from ganmend.files.directories import link_or_copy, write_directory
from ganmend.files.kept import Kept
from ganmend.files.mark import (
    make_unfinished,
    mark_planned,
    marked_files,
    remove_own,
    remove_partials,
    remove_unfinished,
)
from ganmend.files.outputs import clear_up, reserved
from ganmend.files.paths import as_path
from ganmend.files.writing import told_of
from ganmend.progress import OnProgress, ignore
from ganmend.runs.facts import facts_of
from ganmend.runs.record import RECORD, WORK, RunRecord, difference, goes_on, unfinished_run
from ganmend.search.state import SearchState
from ganmend.signals import not_now
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench

STATE = "state.safetensors"
SAVE_EVERY = 5.0  # seconds between two writings of a search's state


def mend_in(
    directory: str | Path,
    request: MendRequest,
    workbench: Workbench | None = None,
    *,
    overwrite: bool = False,
    command: str = "",
    on_progress: OnProgress = ignore,
    on_state: Callable[[SearchState], None] | None = None,
) -> MendResult:
    """Mend a class into a directory; where a part of the same run is there already, go on from it.

    The result is the one of a run that was never ended. What is there at any moment is whole: an older result until
    the new one takes its place, the edit before the judge begins, and the state of the search beside it.

    Args:
        directory: of the result.
        request: what is asked for.
        workbench: of the request; None loads it.
        overwrite: whether another run's result there may be replaced.
        command: as it was typed, for the files.
        on_progress: called in all stages.
        on_state: called with each state of the search as it is kept, for who watches it: see `SearchState`.

    Returns:
        The result, as it is saved.

    Raises:
        GanmendError: see `Workbench.mend`.
        KeyboardInterrupt: it was ended before anything was found; what was done is kept.
        OutputError: the directory holds something else, is held by another process, or cannot be written.
    """
    directory, workbench = as_path(directory), request.workbench() if workbench is None else workbench
    with place_of_run(directory, request, workbench, overwrite=overwrite, command=command):
        run = _Run.in_directory(directory)

        def keep_state(state: SearchState) -> None:
            run.keep_state(state)
            if on_state is not None:
                on_state(state)

        result = request.run(
            workbench,
            on_progress=on_progress,
            state=run.state(),
            on_state=keep_state,
            on_found=run.save_found,
            found=run.found(workbench),
            kept=Kept(directory / WORK),
        )
        run.save(result)
    return result


def complete_result(directory: Path, request: MendRequest, workbench: Workbench) -> MendResult | None:
    """What a directory holds, where it is the whole result of the same run; beside it nothing of a killed one stays.

    Args:
        directory: any place.
        request: what is asked for.
        workbench: of the request.

    Returns:
        The result; None where there is another, or none.

    Raises:
        GanmendError: its files are broken.
    """
    record = RunRecord.read(directory)
    if record is None or not record.complete:
        return None
    asked = RunRecord(request.as_dict(), facts=facts_of(request, workbench))
    if difference(record, asked) is not None:
        return None
    clear_up(directory)
    return MendResult.load(directory, workbench.generator)


@contextmanager
def place_of_run(
    directory: Path, request: MendRequest, workbench: Workbench, *, overwrite: bool = False, command: str = ""
) -> Iterator[None]:
    """Hold the directory of a run, and note in it what was asked for; what is there of the same run stays.

    Where the run comes to nothing by an error, the directory is again what it was.

    Args:
        directory: of the result.
        request: what is asked for.
        workbench: of the request.
        overwrite: whether another run's result there may be replaced.
        command: as it was typed, for the files.

    Yields:
        Nothing.

    Raises:
        GanmendError: of what runs in it.
        KeyboardInterrupt: likewise; the run's record says so.
        OutputError: the directory holds something else, is held by another process, or cannot be written.
    """
    workbench.prepare()
    asked = RunRecord(request.as_dict(), command, str(Path.cwd()), facts_of(request, workbench))
    going_on = goes_on(directory, asked, overwrite=overwrite)
    with reserved(directory, overwrite=overwrite or going_on, directory=True):
        before = RunRecord.read(directory)
        if going_on != goes_on(directory, asked, overwrite=overwrite):
            raise OutputError(f"another process wrote {directory} until now; look at it, and give the command again")
        try:
            if not going_on:
                _begin(directory, asked)
            yield
        except GanmendError:
            if not (going_on or _has_begun(directory)):
                _undo(directory, before)
            raise
        except KeyboardInterrupt:
            if (record := unfinished_run(directory)) is not None:
                replace(record, interrupted=True).write(directory)
            raise


def _begin(directory: Path, record: RunRecord) -> None:
    """Note a run in its directory, with nothing done; an older result there stays until there is a new one.

    A new directory comes with its record: one without, left by a kill, would be refused as nobody's run.
    """
    if marked_files(directory) is None:
        write_directory(directory, lambda folder: _note(folder, record), overwrite=True)
        return
    with told_of(directory):
        remove_unfinished(directory / WORK)
    record.write(directory)


def _note(folder: Path, record: RunRecord) -> None:
    (folder / RECORD).write_text(record.text())


def _has_begun(directory: Path) -> bool:
    """Whether there is anything to go on from."""
    record = RunRecord.read(directory)
    return (record is not None and record.found) or (directory / WORK / STATE).exists()


def _undo(directory: Path, before: RunRecord | None) -> None:
    """Leave a directory as it was before a run was noted in it: away, or with an older result."""
    with suppress(OSError, OutputError):  # on a disk that takes nothing: what ended the run is to be told, not this
        remove_unfinished(directory / WORK)
        names = marked_files(directory)
        if names is None:  # deleted meanwhile
            return
        if before is not None:
            before.write(directory)
        elif names <= {RECORD}:
            remove_own(directory)
        else:
            (directory / RECORD).unlink(missing_ok=True)
            mark_planned(directory, names - {RECORD})


@dataclass
class _Run:
    """A run under way in its directory."""

    directory: Path
    record: RunRecord
    latest: SearchState | None = None  # of this process
    written_at: float = 0.0

    @classmethod
    def in_directory(cls, directory: Path) -> "_Run":
        """Take up the run that a directory notes.

        Args:
            directory: that this process holds.

        Returns:
            The run.

        Raises:
            OutputError: the directory was deleted meanwhile, or cannot be written.
        """
        record = unfinished_run(directory)
        if record is None:
            raise OutputError(f"{directory / RECORD} is gone, or was changed; give the command again to begin anew")
        record = replace(record, interrupted=False)
        record.write(directory)
        with told_of(directory):
            remove_partials(directory)
        work = directory / WORK
        with told_of(work):
            make_unfinished(work)
            for path in work.glob(".*.partial"):
                path.unlink()
        return cls(directory, record)

    def state(self) -> SearchState | None:
        """Of the search, as far as it came; one that cannot be read is begun anew."""
        with suppress(GanmendError):
            return SearchState.load(self.directory / WORK / STATE)
        return None

    def keep_state(self, state: SearchState) -> None:
        """Write a state, but not more often than every few seconds."""
        self.latest = state
        if time.monotonic() - self.written_at >= SAVE_EVERY:
            state.save(self.directory / WORK / STATE)
            self.written_at = time.monotonic()

    def found(self, workbench: Workbench) -> MendResult | None:
        """What the search gave, where only the verdict is missing; one that cannot be read is searched anew."""
        if not self.record.found:
            return None
        with suppress(GanmendError):
            result = MendResult.load(self.directory, workbench.generator)
            result.interrupted = False
            return result
        self.record = replace(self.record, found=False)
        return None

    def save_found(self, result: MendResult) -> None:
        """Save a result that is not judged yet; of a search that was ended also how to go on."""
        if not result.interrupted:
            self.record = replace(self.record, found=True)
        self.save(result, complete=False)

    def save(self, result: MendResult, *, complete: bool = True) -> None:
        """Put a result in the directory's place, in one step."""
        result.command = self.record.command
        complete = complete and not result.interrupted
        self.record = replace(self.record, complete=complete, interrupted=result.interrupted)

        def add(folder: Path) -> None:
            (folder / RECORD).write_text(self.record.text())
            if not complete:
                _keep_work(self.directory / WORK, folder / WORK, None if self.record.found else self.latest)

        with not_now():
            result.save(self.directory, overwrite=True, add=add)


def _keep_work(old: Path, new: Path, state: SearchState | None) -> None:
    """Bring a run's work into the directory that takes the place of its own."""
    make_unfinished(new)
    for path in old.iterdir() if old.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            link_or_copy(path, new / path.name)
    if state is not None:
        (new / STATE).unlink(missing_ok=True)
        state.save(new / STATE)
