"""What a job's folder is told while it is done: how far it is, and samples of the best so far."""

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from PIL import Image

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import images_of, seed_latent
from ganmend.errors import Cancelled, GanmendError, OutputError
from ganmend.files.writing import whole_file
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.report.tiles import strip, tiles
from ganmend.search.searched import copied
from ganmend.search.state import Record, SearchState
from ganmend.studio.bench import SHOWN
from ganmend.studio.job_folder import STOP, STOPPED, write_progress
from ganmend.studio.jobs import LIVE, JobProgress

PROGRESS_EVERY, PICTURE_EVERY = 0.5, 1.0  # seconds
MOST_RECORDS = 400
SEARCHING, JUDGING = "searching", "judging"


class JudgingTime:
    """How long judging takes, as the jobs before showed.

    Attributes:
        per_sample: seconds; None before the first job was judged.
    """

    per_sample: float | None = None


class Watch:
    """Tells a job's folder of it, and ends it where its folder asks for that. Nothing of this changes the result.

    Attributes:
        stopped: whether the job's end was asked for.

    Args:
        directory: of the job.
        before: how far it was, where another process began it.
        judging: of the process.
        samples: that are judged.
    """

    stopped: bool

    def __init__(self, directory: Path, before: JobProgress | None, judging: JudgingTime, samples: int) -> None:
        self._directory, self._judging, self._samples = directory, judging, samples
        self._is_new = before is None
        self._began = time.monotonic() - (0.0 if before is None else before.seconds)
        self._history: tuple[Record, ...] = () if before is None else before.history
        self._told = Progress("loading", 0, 1)
        self._search: tuple[int, float] | None = None  # a step of this process's search, and when it was done
        self._judged_from: float | None = None
        self._probability: float | None = None
        self._diversity: float | None = None
        self._generator: Generator | None = None
        self._drawn_at = -math.inf
        self._written_at = -math.inf
        self.stopped = (directory / STOPPED).exists()
        self._write()

    def shows(self, generator: Generator) -> None:
        """Draw with this generator from now on."""
        self._generator = generator

    def on_progress(self, told: Progress) -> None:
        """Note how far it is.

        Args:
            told: of a stage.

        Raises:
            Cancelled: the folder asks for the end; a search is ended once, and then judged.
        """
        now = time.monotonic()
        if told.stage == SEARCHING:
            self._search = self._search or (told.done, now)
            self._probability, self._diversity = told.probability, told.diversity
        if told.stage == JUDGING and self._judged_from is None:
            self._judged_from = now
        changed, self._told = told.stage != self._told.stage, told
        if changed or now - self._written_at >= PROGRESS_EVERY:
            self._write()
        self._end_if_asked(told.stage)

    def on_state(self, state: SearchState) -> None:
        """Note a search's records, and draw the best that it found."""
        self._history = thinned(state.history)
        if time.monotonic() - self._drawn_at >= PICTURE_EVERY:
            self._drawn_at = time.monotonic()
            with suppress(GanmendError):  # images that are no numbers, or a full disk: the search itself tells that
                self._draw(state)

    def close(self) -> None:
        """Note the end, and how long judging took."""
        if self._judged_from is not None and self._is_new and not self.stopped:
            self._judging.per_sample = (time.monotonic() - self._judged_from) / self._samples
        self._write()

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
        goes_back_to_search = self._history and self._search is None and self._judged_from is None
        if (asked and not goes_back_to_search) or (self.stopped and stage == SEARCHING):
            raise Cancelled

    def _draw(self, state: SearchState) -> None:
        generator = self._generator
        assert generator is not None
        best = copied(state.kept.select(int(state.scores.argmax())), generator.device)
        edit = ClassEdit(best.vectors, best.latent_map, best.offsets, best.weights)
        z = torch.cat([seed_latent(generator, seed) for seed in SHOWN])  # (16, dim_z)
        images = images_of(generator, edit, *edit.condition(z.to(generator.device)))
        _save(strip(tiles(images)), self._directory / LIVE)

    def _write(self) -> None:
        self._written_at = time.monotonic()
        told = self._told
        progress = JobProgress(
            told.stage, told.done, told.total, self._written_at - self._began, self._seconds_left(),
            self._probability, self._diversity, self._history,
        )  # fmt: skip
        with suppress(OutputError):  # a full disk: the run itself tells that
            write_progress(self._directory, progress)

    def _seconds_left(self) -> float | None:
        """Of the search, by the speed of its steps here, and of judging; None where nothing is known."""
        told, now = self._told, time.monotonic()
        judging = None if self._judging.per_sample is None else self._judging.per_sample * self._samples
        if self._judged_from is not None:
            return None if judging is None else max(0.0, judging - (now - self._judged_from))
        if told.stage != SEARCHING or self._search is None or told.done <= self._search[0]:
            return None
        first, since = self._search
        return (now - since) / (told.done - first) * (told.total - told.done) + (judging or 0.0)


def thinned(history: Sequence[Record], most: int = MOST_RECORDS) -> tuple[Record, ...]:
    """Records of some validations of a long search, the last among them, with all trials of each.

    Args:
        history: one record a validation and trial.
        most: records to keep.

    Returns:
        At most so many.
    """
    if len(history) <= most:
        return tuple(history)
    steps = sorted({record["step"] for record in history})
    trials = math.ceil(len(history) / len(steps))
    every = math.ceil(len(steps) / max(1, most // trials))
    kept = set(steps[::-1][::every])
    return tuple(record for record in history if record["step"] in kept)[-most:]


def _save(picture: Image.Image, path: Path) -> None:
    with whole_file(path, at_once=False) as partial:
        picture.save(partial, format="PNG")
