"""The files of a job's folder: all that is known of a job, written whole and read with suspicion."""

import os
import stat
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

from ganmend.errors import GanmendError
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.writing import whole_file
from ganmend.search.state import Record
from ganmend.studio.jobs import OVER, Job, JobProgress
from ganmend.workbench.request import MendRequest

ASKED, PROGRESS, ENDED = "job.json", "progress.json", "ended.json"  # what was asked, how far it is, how it ended
STOP, STOPPED = "stop", "stopped"  # asks for the end; the same once it was heard
LARGEST = 1 << 20  # bytes of a file that is read; 400 records of a history take some 100,000
FOREIGN = (GanmendError, AttributeError, KeyError, OverflowError, TypeError, ValueError)  # of values not written here

Stamp = tuple[int, int, int]


def write_job(directory: Path, request: MendRequest, *, created: float, by: str) -> None:
    """Put what was asked for into a new folder, which is a job's from then on.

    Args:
        directory: of the job.
        request: what is asked for.
        created: when, in seconds since 1970.
        by: who asks.

    Raises:
        OutputError: it cannot be written.
    """
    asked = {"request": request.as_dict(), "created": created, "by": by, "folder": str(Path.cwd())}
    _write(directory / ASKED, asked, at_once=True)


def write_end(directory: Path, state: str, message: str) -> None:
    """Put how a job ended into its folder.

    Args:
        directory: of the job.
        state: one of OVER.
        message: what is to be said of it.

    Raises:
        OutputError: it cannot be written.
    """
    _write(directory / ENDED, {"state": state, "message": message}, at_once=True)


def write_progress(directory: Path, progress: JobProgress) -> None:
    """Put how far a job is into its folder; a power cut may lose it, since it does not wait for the disk.

    Args:
        directory: of the job.
        progress: to be told.

    Raises:
        OutputError: it cannot be written.
    """
    _write(directory / PROGRESS, asdict(progress), at_once=False)


def _write(path: Path, content: object, *, at_once: bool) -> None:
    with whole_file(path, at_once=at_once) as partial:
        partial.write_text(to_json(content, indent=None) + "\n")


def read_job(directory: Path) -> Job | None:
    """A job as its folder tells of it, with a place of 0; one that is not over is 'waiting'.

    Args:
        directory: any place.

    Returns:
        The job; None of a place that holds none, or none that this version can read.
    """
    asked = _content(directory / ASKED)
    try:
        request = MendRequest.from_dict(cast(Mapping[str, object], asked["request"]))
        created, by, folder = _number(asked["created"]), str(asked["by"]), str(asked["folder"])
        state, message = _end(directory / ENDED)
    except FOREIGN:
        return None
    return Job(directory.name, request, state, 0, created, by, read_progress(directory), message, directory, folder)


def read_progress(directory: Path) -> JobProgress | None:
    """How far a job is, as its folder says; None where it says nothing that can be read."""
    values = _content(directory / PROGRESS)
    try:
        (stage, done, total), history = (values[name] for name in ("stage", "done", "total")), values["history"]
        left, probability, diversity = (
            None if values[name] is None else _number(values[name])
            for name in ("seconds_left", "probability", "diversity")
        )
        if type(stage) is not str or type(done) is not int or type(total) is not int or type(history) is not list:
            return None
        records = tuple(map(_record, history))
        return JobProgress(stage, done, total, _number(values["seconds"]), left, probability, diversity, records)
    except FOREIGN:
        return None


class JobReader:
    """Jobs as their folders tell of them; a folder whose files did not change is not read again."""

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[list[Stamp | None], Job | None]] = {}

    def read(self, directory: Path) -> Job | None:
        """See `read_job`."""
        stamps = [
            _stamp(f"{directory}/{name}") for name in (ASKED, PROGRESS, ENDED)
        ]  # a Path takes longer than the look
        kept = self._kept.get(directory)
        if kept is None or kept[0] != stamps:
            kept = self._kept[directory] = stamps, read_job(directory)
        return kept[1]


def _stamp(path: Path | str) -> Stamp | None:
    """What tells a file from an earlier one of its name; None of a file that is not there, and of links and pipes."""
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    return (facts.st_ino, facts.st_mtime_ns, facts.st_size) if stat.S_ISREG(facts.st_mode) else None


def _content(path: Path) -> dict[str, object]:
    """The JSON object of a file; {} where there is none."""
    if _stamp(path) is None:
        return {}
    try:
        content = parse_json(read_text(path, LARGEST), LARGEST)
    except GanmendError:
        return {}
    return content if isinstance(content, dict) else {}


def _end(path: Path) -> tuple[str, str]:
    """How a job ended.

    Args:
        path: of the file that says so.

    Returns:
        State and message; 'waiting' where there is no such file.

    Raises:
        KeyError: it cannot be read.
        ValueError: it says no state that a job ends in.
    """
    if not os.path.lexists(path):
        return "waiting", ""
    content = _content(path)
    if content["state"] not in OVER:
        raise ValueError("no state that a job ends in")
    return str(content["state"]), str(content["message"])


def _number(value: object) -> float:
    """A number of a file.

    Args:
        value: of any type.

    Returns:
        The same.

    Raises:
        TypeError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    return float(value)


def _record(entry: object) -> Record:
    """A validation's numbers; those that were not finite, which JSON does not have, are left out.

    Args:
        entry: of a history.

    Returns:
        The numbers by name.

    Raises:
        TypeError: it is no record.
    """
    if not isinstance(entry, dict):
        raise TypeError("no record")
    return {name: value for name, value in entry.items() if type(value) in (int, float)}
