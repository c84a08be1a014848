"""What a job's folder is told while the job is done, and what it asks for."""

import math
import time
from contextlib import suppress
from pathlib import Path

from ganmend.errors import Cancelled, GanmendError, OutputError
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.search.state import Record, SearchState
from ganmend.studio.job_folder import STOP, STOPPED, write_progress
from ganmend.studio.jobs import LIVE, JobProgress
from ganmend.studio.live import draw_best, thinned
from ganmend.studio.pace import SEARCHING, Pace

PROGRESS_EVERY, PICTURE_EVERY = 0.5, 1.0  # seconds


class Watch:
    """Tells a job's folder of it, and ends it where its folder asks for that. Nothing of this changes the result.

    Attributes:
        generator: draws the best so far; None draws nothing.
        stopped: whether the job's end was asked for.

    Args:
        directory: of the job.
        before: how far it was, where another process began it.
        judging: seconds that judging takes, as far as that is known.
    """

    generator: Generator | None
    stopped: bool

    def __init__(self, directory: Path, before: JobProgress | None, judging: float | None) -> None:
        self._directory, self._pace, self._is_new = directory, Pace(judging), before is None
        self._began = time.monotonic() - (0.0 if before is None else before.seconds)
        self._told = Progress("loading", 0, 1)
        self._history: tuple[Record, ...] = () if before is None else before.history
        self._last = (None, None) if before is None else (before.probability, before.diversity)
        self._drawn_at = self._written_at = -math.inf
        self.generator, self.stopped = None, (directory / STOPPED).exists()
        self._write()

    @property
    def judged_in(self) -> float | None:
        """Seconds since judging began; None where it was not all done here."""
        since = self._pace.judged_since
        return time.monotonic() - since if since is not None and self._is_new and not self.stopped else None

    def on_progress(self, told: Progress) -> None:
        """Note how far it is.

        Args:
            told: of a stage.

        Raises:
            Cancelled: the folder asks for the end; a search is ended once, and then judged.
        """
        now = time.monotonic()
        self._pace.see(told, now)
        if told.stage == SEARCHING:
            self._last = told.probability, told.diversity
        changed, self._told = told.stage != self._told.stage, told
        if changed or now - self._written_at >= PROGRESS_EVERY:
            self._write()
        self._end_if_asked(told.stage)

    def on_state(self, state: SearchState) -> None:
        """Note a search's records, and draw the best that it found."""
        self._history = thinned(state.history)
        if self.generator is not None and time.monotonic() - self._drawn_at >= PICTURE_EVERY:
            self._drawn_at = time.monotonic()
            with suppress(GanmendError):  # images that are no numbers, or a full disk: the search itself tells that
                draw_best(state, self.generator, self._directory / LIVE)

    def close(self) -> None:
        """Note the last that was told."""
        self._write()

    def _write(self) -> None:
        told, now = self._told, time.monotonic()
        progress = JobProgress(
            told.stage, told.done, told.total, now - self._began, self._pace.seconds_left(told, now), *self._last,
            self._history,
        )  # fmt: skip
        with suppress(OutputError):  # a full disk: the run itself tells that
            write_progress(self._directory, progress)
        self._written_at = now

    def _end_if_asked(self, stage: str) -> None:
        """End the stage that is under way, where the folder asks for the end.

        Of a search that another process began, what comes before it is not ended: its best so far would be lost.

        Args:
            stage: under way.

        Raises:
            Cancelled: so.
        """
        if asked := (self._directory / STOP).exists():
            self.stopped = True
            with suppress(OSError):  # a full disk
                (self._directory / STOP).rename(self._directory / STOPPED)  # so that a second one can ask again
        goes_back_to_search = self._history and not self._pace.has_begun
        if (asked and not goes_back_to_search) or (self.stopped and stage == SEARCHING):
            raise Cancelled
