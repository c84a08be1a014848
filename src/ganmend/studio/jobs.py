"""A job of the studio: one class to mend, as the files of its folder tell of it."""

import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from ganmend.errors import GanmendError
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.writing import whole_file
from ganmend.search.state import Record
from ganmend.workbench.request import MendRequest

STATES = ("waiting", "running", "done", "stopped", "failed", "cancelled")
OVER = STATES[2:]
# Files of a job's folder: what was asked, how far it is, how it ended, samples of the best so far, the run's directory,
# what asks for the end, and the same once it was heard.
ASKED, PROGRESS, ENDED, LIVE, RUN = "job.json", "progress.json", "ended.json", "live.png", "run"
STOP, STOPPED = "stop", "stopped"
NAME = re.compile(r"\d{8}-\d{6}-[a-z0-9-]{1,40}-[0-9a-f]{4}")  # of a job, and of its folder
LARGEST_FILE = 1 << 20  # bytes of one that is read; 400 records of a history take some 100,000

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class JobProgress:
    """How far a job is.

    Attributes:
        stage: 'loading', or as `Progress` has it: 'searching' and 'judging' take the most time.
        done: units of the stage that are finished.
        total: units of the stage.
        seconds: since the job began, in all processes that did it.
        seconds_left: of the search, and of judging where it is known how long that takes; None before anything is.
        probability: of the target, in the search's last step; None before it.
        diversity: likewise, the objective's ratio.
        history: one record a validation and trial, of a long search not all of them.
    """

    stage: str
    done: int
    total: int
    seconds: float
    seconds_left: float | None = None
    probability: float | None = None
    diversity: float | None = None
    history: tuple[Record, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "JobProgress":
        """What a file says.

        Args:
            values: of the file.

        Returns:
            The progress.

        Raises:
            KeyError: something is missing.
            TypeError: something is of another type.
        """
        stage, done, total, seconds = (values[name] for name in ("stage", "done", "total", "seconds"))
        if not isinstance(stage, str) or type(done) is not int or type(total) is not int:
            raise TypeError("no stage, or no whole numbers")
        left, probability, diversity = (values.get(name) for name in ("seconds_left", "probability", "diversity"))
        history = values.get("history", [])
        if not isinstance(history, list):
            raise TypeError("no list of records")
        return cls(
            stage, done, total, _number(seconds), _optional(left), _optional(probability), _optional(diversity),
            tuple(_record(entry) for entry in history),
        )  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A job.

    Attributes:
        name: its own in the studio's directory.
        request: what was asked for.
        state: one of STATES.
        place: in the queue: 1 is next; 0 of one that runs or is over.
        created: when, in seconds since 1970.
        by: who asked, as far as that is known, or ''.
        progress: how far it is; None before it began.
        message: why it failed, or what else is to be said of its end, in one line; or ''.
        directory: its folder.
        folder: which paths in the request are seen from.
    """

    name: str
    request: MendRequest
    state: str
    place: int
    created: float
    by: str
    progress: JobProgress | None
    message: str
    directory: Path
    folder: str = ""

    @property
    def result_directory(self) -> Path:
        """Where its result is, or will be: see `mend_in`."""
        return self.directory / RUN

    @property
    def live_picture(self) -> Path | None:
        """Samples of the best so far, side by side as `strip` puts them; None where there are none yet."""
        picture = self.directory / LIVE
        return picture if picture.is_file() else None


def write_json(path: Path, content: object) -> None:
    """Put plain values into a file of a job, whole or not at all; a power cut may lose it, a killed process does not.

    Args:
        path: of the file.
        content: plain values.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_file(path, at_once=False) as partial:
        partial.write_text(to_json(content, indent=None) + "\n")


def write_progress(directory: Path, progress: JobProgress) -> None:
    """Put how far a job is into its folder.

    Args:
        directory: of the job.
        progress: to be told.

    Raises:
        OutputError: it cannot be written.
    """
    write_json(directory / PROGRESS, asdict(progress))


def read_job(directory: Path) -> Job | None:
    """A job as its folder tells of it, with a place of 0; one that is not over is 'waiting'.

    Args:
        directory: any place.

    Returns:
        The job; None of a place that holds none that this version can read.
    """
    asked = _content(directory / ASKED)
    try:
        request = MendRequest.from_dict(cast(Mapping[str, object], asked["request"]))
        created, by, folder = _number(asked["created"]), str(asked["by"]), str(asked["folder"])
        state, message = _end(_content(directory / ENDED))
        told = _content(directory / PROGRESS)
        progress = JobProgress.from_dict(told) if told else None
    except (GanmendError, AttributeError, KeyError, TypeError, ValueError):  # foreign, or of another version
        return None
    return Job(directory.name, request, state, 0, created, by, progress, message, directory, folder)


class JobReader:
    """Jobs as their folders tell of them; a folder whose files did not change is not read again."""

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[list[Stamp | None], Job | None]] = {}

    def read(self, directory: Path) -> Job | None:
        """See `read_job`."""
        stamps = [_stamp(directory / name) for name in (ASKED, PROGRESS, ENDED)]
        kept = self._kept.get(directory)
        if kept is None or kept[0] != stamps:
            kept = self._kept[directory] = stamps, read_job(directory)
        return kept[1]


def _stamp(path: Path) -> Stamp | None:
    """What tells a file from an earlier one of its name; None of a file that is not there, and of links and pipes."""
    try:
        facts = path.lstat()
    except OSError:
        return None
    return (facts.st_ino, facts.st_mtime_ns, facts.st_size) if stat.S_ISREG(facts.st_mode) else None


def _content(path: Path) -> dict[str, object]:
    """The JSON object of a file; {} where there is none."""
    if _stamp(path) is None:
        return {}
    try:
        content = parse_json(read_text(path, LARGEST_FILE), LARGEST_FILE)
    except GanmendError:
        return {}
    return content if isinstance(content, dict) else {}


def _end(content: Mapping[str, object]) -> tuple[str, str]:
    """How a job ended.

    Args:
        content: of the file that says so; {} where there is none.

    Returns:
        State and message.

    Raises:
        ValueError: it is no state that a job ends in.
    """
    if not content:
        return "waiting", ""
    if content["state"] not in OVER:
        raise ValueError("no state that a job ends in")
    return str(content["state"]), str(content["message"])


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    return float(value)


def _optional(value: object) -> float | None:
    return None if value is None else _number(value)


def _record(entry: Mapping[str, object]) -> Record:
    """A validation's numbers; those that were not finite, which JSON does not have, are left out."""
    return {str(name): value for name, value in entry.items() if isinstance(value, int | float)}
