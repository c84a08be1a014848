"""A job of the studio: one class to mend, and how far that is."""

import re
from dataclasses import dataclass
from pathlib import Path

from ganmend.search.state import Record
from ganmend.workbench.request import MendRequest

STATES = ("waiting", "running", "done", "stopped", "failed", "cancelled")
OVER = STATES[2:]
NAME = re.compile(r"\d{8}-\d{6}-[a-z0-9-]{1,40}-[0-9a-f]{4}")  # of a job, and of its folder
LIVE, RUN = "live.png", "run"  # in a job's folder: samples of the best so far, and the run's directory


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
        return picture if picture.is_file() and not picture.is_symlink() else None
