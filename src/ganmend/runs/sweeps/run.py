"""A sweep in a directory of this machine: begun, gone on with, and reported."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ganmend.errors import OutputError, UnreadableError
from ganmend.files.directories import write_directory
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.mark import MARK, list_files, mark_planned, mark_unfinished, remove_partials
from ganmend.files.outputs import reserved
from ganmend.files.writing import told_of, whole_file
from ganmend.report.sweep_page import render_sweep
from ganmend.runs.items.driver import ANSWERS, Driver, Values, Watch
from ganmend.runs.items.item import Item
from ganmend.runs.items.mirror import mirrored
from ganmend.runs.items.remote_store import store_at
from ganmend.runs.items.store import LocalStore, Store
from ganmend.runs.record import LARGEST_RECORD, RunRecord, difference, read_record
from ganmend.runs.sweeps.bench import folder_of, runner_of
from ganmend.runs.sweeps.request import SweepRequest
from ganmend.runs.sweeps.rows import FAILED, Row, as_csv, rows_of
from ganmend.runs.sweeps.sweep import CLASSES, PLAN, Sweep, plan_in, planned
from ganmend.signals import not_now

RECORD, WORK = "sweep.json", "work"  # in a sweep's directory: what was asked for, and what items under way keep
TABLE, ROWS, PAGE = "sweep.csv", "rows.json", "report.html"
KIND = "ganmend-sweep-1"
UNFINISHED = (ANSWERS.rstrip("/"), CLASSES, WORK)


@dataclass(frozen=True)
class SweepDone:
    """What a sweep came to.

    Attributes:
        directory: of it.
        request: that was asked.
        rows: see `rows_of`.
        left_out: classes that were meant by 'all' or 'worst:N' and that the judge does not know.
    """

    directory: Path
    request: SweepRequest
    rows: list[Row]
    left_out: int = 0

    @property
    def failed(self) -> list[Row]:
        """The rows of classes that could not be mended."""
        return [row for row in self.rows if row["status"] == FAILED]


def sweep_in(
    directory: Path,
    request: SweepRequest,
    *,
    workers: int = 0,
    cluster: str = "",
    mirror: str = "",
    overwrite: bool = False,
    command: str = "",
    allow_code: bool = False,
    watch: Watch = lambda tally: None,
) -> SweepDone:
    """Mend many classes into a directory; where a part of the same sweep is there, go on from it.

    What an item gave is written down when it is done, and never computed again. The results do not depend on where,
    by how many processes, or in how many attempts it was computed.

    Args:
        directory: of the sweep.
        request: what is asked for.
        workers: processes that do the items; 0 does them in this one.
        cluster: of Ray, that does them: see `OnRay`; '' for none.
        mirror: URL of a second place for all that is written, see `store_at`; '' for none.
        overwrite: whether something else of ganmend's there may be replaced.
        command: as it was typed, for the files.
        allow_code: run Python code that a classifier's name leads to.
        watch: called with how far each stage is.

    Returns:
        What became of each class; also in the directory.

    Raises:
        GanmendError: it cannot begin or go on; what was done is kept.
        KeyboardInterrupt: it was ended before its time; what was done is kept.
        OptionError: what the run depends on is not what it was.
        OutputError: the directory holds something else, is held by another process, or cannot be written.
    """
    asked = RunRecord(request.as_dict(), command, str(Path.cwd()))
    there = store_at(mirror) if mirror else None
    with _held(directory, asked, overwrite=overwrite) as began:
        if began is not None and began.complete:
            return SweepDone(directory, request, _rows_in(directory), _left_out(directory))
        work, store = directory / WORK, LocalStore(directory, made=True)
        kept: Store = store
        runner = runner_of(request, workers, work, allow_code=allow_code, cluster=cluster)
        try:
            plan = planned(request, runner, None if began is None else plan_in(store))
            if began is None:
                _begin(directory, asked, plan)
            _go_on(directory)
            if there is not None:
                kept = mirrored(store, there, asked, RECORD, (ANSWERS.rstrip("/"), CLASSES))
            driver = Driver(
                runner,
                kept,
                at_once=runner.at_once,
                watch=watch,
                on_stored=lambda item: _forget(work, item),
            )
            rows = rows_of(Sweep(request, driver, kept, command, plan).run())
        except KeyboardInterrupt:
            if (noted := read_sweep(directory)) is not None:
                _write(directory, replace(noted, interrupted=True))
            raise
        finally:
            runner.close()
        _end(directory, rows)
        if there is not None:
            for name in (TABLE, ROWS, PAGE, RECORD):
                there.put(name, store.get(name) or b"")
    return SweepDone(directory, request, rows, _left_out(directory))


def read_sweep(directory: Path) -> RunRecord | None:
    """What a directory says of the sweep in it.

    Args:
        directory: any place.

    Returns:
        The record; None of a place that ganmend did not write, or that holds no sweep.
    """
    return read_record(directory, RECORD, KIND)


@contextmanager
def _held(directory: Path, asked: RunRecord, *, overwrite: bool) -> Iterator[RunRecord | None]:
    """Hold a sweep's directory.

    Args:
        directory: of the sweep.
        asked: what is asked for now.
        overwrite: whether something else there may be replaced.

    Yields:
        The sweep that is gone on with; None where one is begun.

    Raises:
        OutputError: the directory holds something else, or another process holds it.
    """
    began = read_sweep(directory)
    if began is not None and (began.complete and overwrite):
        began = None
    if began is not None and (found := difference(began, asked)) is not None:
        if not overwrite:
            raise OutputError(
                f"{directory} holds a sweep with another {found}; go on with that one by ganmend resume {directory}, "
                "give another --out, or --overwrite to begin anew"
            )
        began = None
    with reserved(directory, overwrite=overwrite or began is not None, directory=True):
        yield began


def _begin(directory: Path, record: RunRecord, plan: Values) -> None:
    """Note a sweep in its directory, in place of what stood there."""

    def fill(folder: Path) -> None:
        (folder / RECORD).write_text(record.text(KIND))
        (folder / PLAN).write_text(to_json(plan))

    write_directory(directory, fill, overwrite=True)
    mark_planned(directory, (RECORD, PLAN, TABLE, ROWS, PAGE))


def _go_on(directory: Path) -> None:
    """Let the folders of a sweep be filled, and clear up after a process that was killed."""
    if (record := read_sweep(directory)) is not None and record.interrupted:
        _write(directory, replace(record, interrupted=False))
    with told_of(directory):
        remove_partials(directory)
        for name in UNFINISHED:
            folder = directory / name
            folder.mkdir(exist_ok=True)
            mark_unfinished(folder)
            for partial in folder.rglob(".*.partial"):  # of a process that is gone: this one holds the directory
                partial.unlink(missing_ok=True)


def _end(directory: Path, rows: list[Row]) -> None:
    """Write the report of a sweep, and note all of its files as ganmend's.

    Args:
        directory: of the sweep.
        rows: of it.

    Raises:
        OutputError: they cannot be written, or the directory was deleted meanwhile.
    """
    record = read_sweep(directory)
    if record is None:
        raise OutputError(f"{directory / RECORD} is gone, or was changed; give the command again to begin anew")
    with not_now():
        page = render_sweep(_title(record), rows, CLASSES, _facts(record))
        for name, text in ((TABLE, as_csv(rows)), (ROWS, to_json(rows) + "\n"), (PAGE, page)):
            with whole_file(directory / name) as partial:
                partial.write_text(text, "utf-8")
        complete = all(row["status"] != FAILED for row in rows)
        if complete:
            shutil.rmtree(directory / WORK, ignore_errors=True)
            marks = {f"{name}/{MARK}" for name in UNFINISHED}
            mark_planned(directory, set(list_files(directory)) - marks)
            with told_of(directory):
                for name in marks:
                    (directory / name).unlink(missing_ok=True)
        _write(directory, replace(record, complete=complete))


def _title(record: RunRecord) -> str:
    return f"sweep of {SweepRequest.from_dict(record.request).generator.path}"


def _facts(record: RunRecord) -> dict[str, object]:
    """What it takes to make the same again."""
    asked = SweepRequest.from_dict(record.request)
    return {
        **({"command": record.command} if record.command else {}),
        "classes": asked.classes,
        "task": asked.task,
        "trials": f"{asked.config.trials}, {asked.group} at once",
        "seed": asked.seed,
        "samples": asked.samples,
        "versions": f"ganmend {version('ganmend')}, torch {version('torch')}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def _rows_in(directory: Path) -> list[Row]:
    """The rows of a sweep that is complete.

    Args:
        directory: of the sweep.

    Returns:
        The rows.

    Raises:
        OutputError: they are missing or broken.
    """
    try:
        content = parse_json(read_text(directory / ROWS, LARGEST_RECORD), LARGEST_RECORD)
        if isinstance(content, list):
            return content
    except UnreadableError as error:
        raise OutputError(f"{directory / ROWS} {error}") from error
    raise OutputError(f"{directory / ROWS} holds no rows of a sweep; give --overwrite to begin anew")


def _left_out(directory: Path) -> int:
    plan: Any = plan_in(LocalStore(directory)) or {}
    return int(plan.get("left_out", 0))


def _write(directory: Path, record: RunRecord) -> None:
    with whole_file(directory / RECORD) as partial:
        partial.write_text(record.text(KIND))


def _forget(work: Path, item: Item) -> None:
    """Delete what an item kept, which is done."""
    folder = folder_of(work, item)
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
