"""The studio's queue: jobs one after another in a process of their own, whatever becomes of pages and servers."""

import os
import re
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ganmend.errors import OptionError, OutputError
from ganmend.files.writing import told_of
from ganmend.studio.held import Held
from ganmend.studio.job_folder import STOP, JobReader, write_end, write_job
from ganmend.studio.jobs import NAME, Job
from ganmend.studio.mender_process import End, MenderProcess
from ganmend.workbench.request import MendRequest

LONGEST, LONGEST_OF_ONE = 20, 5  # jobs that wait, of all and of one who asks
FOLDER = "jobs"  # in the studio's directory


class Jobs:
    """The jobs of a studio's directory.

    All that is known of a job stands in its folder, so that a server that is started again goes on where the one before
    ended, even by a kill. One server at a time has a directory; anybody may read it.

    Args:
        directory: of the studio; the jobs' folders lie in its folder 'jobs'.
        longest_queue: jobs that may wait.
        threads: of the process that mends; None takes PyTorch's default.
        allow_code: run Python code that a classifier's name leads to, see `Workbench`.
    """

    def __init__(
        self, directory: Path, *, longest_queue: int = LONGEST, threads: int | None = None, allow_code: bool = False
    ) -> None:
        self.directory = directory.absolute()
        self._longest = longest_queue
        self._reader, self._lock = JobReader(), threading.RLock()
        self._wake, self._closing = threading.Event(), threading.Event()
        self._running = ""  # the name of the job that runs
        self._unwritten: dict[str, End] = {}  # how jobs ended, where the disk took no file that says so
        self._process = MenderProcess(threads, allow_code)
        self._held: Held | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Hold the directory, and begin with the jobs that wait in it.

        Raises:
            OptionError: another server has it.
            OutputError: it cannot be written.
        """
        with told_of(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._held = Held(self.directory)
        self._closing.clear()
        self._thread = threading.Thread(target=self._serve, name="jobs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, within seconds; the job that runs is gone on with at the next start."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._held is not None:
            self._held.release()
            self._held = None

    def submit(self, request: MendRequest, *, by: str = "") -> str:
        """Put a job into the queue.

        Args:
            request: what is asked for.
            by: who asks, so that nobody fills the queue alone; '' where that is not known.

        Returns:
            The job's name.

        Raises:
            OptionError: the queue is full, or holds enough of whoever asks.
            OutputError: the job cannot be written.
        """
        with self._lock:
            waiting = [job for job in self.all() if job.state == "waiting"]
            if len(waiting) >= self._longest:
                raise OptionError(f"{len(waiting)} jobs wait already, as many as may; ask again when one has ended")
            if by and sum(job.by == by for job in waiting) >= LONGEST_OF_ONE:
                raise OptionError(
                    f"{LONGEST_OF_ONE} of your jobs wait already; ask again when one has ended, or stop one"
                )
            directory = self._folder / _new_name(request.target)
            with told_of(directory):
                directory.mkdir(parents=True)
            try:
                write_job(directory, request, created=time.time(), by=by)
            except OutputError:
                directory.rmdir()
                raise
        self._wake.set()
        return directory.name

    def job(self, name: str) -> Job | None:
        """A job by its name, which may come from a browser; None where there is none of that name."""
        directory = self._folder / name
        if not NAME.fullmatch(name) or directory.is_symlink():
            return None
        with self._lock:
            found = self._read(directory)
        if found is None or found.state != "waiting":
            return found
        return next((job for job in self.all() if job.name == name), None)  # which tells its place

    def all(self) -> list[Job]:
        """All jobs of the directory, the newest first; what is no job there is passed over."""
        with self._lock:
            found = sorted(
                filter(None, map(self._read, _folders(self._folder))), key=lambda job: (job.created, job.name)
            )
        place, placed = 0, []
        for job in found:
            place += job.state == "waiting"
            placed.append(replace(job, place=place) if job.state == "waiting" else job)
        return placed[::-1]

    def stop(self, name: str) -> None:
        """End a job: one that waits at once; of one that is searched the best so far is kept, and judged.

        Asked for again while that is judged, it ends without a verdict. A job that is over stays as it is.

        Args:
            name: of the job.

        Raises:
            OutputError: its folder cannot be written.
        """
        with self._lock:
            job = self.job(name)
            if job is not None and job.state == "waiting":
                self._end(job, "cancelled", "")
            elif job is not None and job.state == "running":
                with told_of(job.directory):
                    (job.directory / STOP).touch()

    @property
    def _folder(self) -> Path:
        return self.directory / FOLDER

    def _read(self, directory: Path) -> Job | None:
        job = self._reader.read(directory)
        if job is None or job.state != "waiting":
            return job
        if job.name in self._unwritten:
            state, message = self._unwritten[job.name]
            return replace(job, state=state, message=message)
        return replace(job, state="running") if job.name == self._running else job

    def _serve(self) -> None:
        """Do the jobs, until the studio is closed."""
        try:
            while not self._closing.is_set():
                if (job := self._next()) is None:
                    self._wake.wait()
                    self._wake.clear()
                elif (end := self._process.do(job.directory, self._closing)) is not None:
                    with self._lock:
                        self._running = ""
                        self._end(job, *end)
        finally:
            self._process.close()
            self._running = ""

    def _next(self) -> Job | None:
        """The job that has waited the longest, which runs from now on."""
        with self._lock:
            job = next((job for job in self.all() if job.place == 1), None)
            self._running = "" if job is None else job.name
        return job

    def _end(self, job: Job, state: str, message: str) -> None:
        try:
            write_end(job.directory, state, message)
        except OutputError:  # a full disk, or a folder that a user deleted
            self._unwritten[job.name] = state, message


def _folders(folder: Path) -> list[Path]:
    """What is called as a job is in the folder of all jobs, and is no link."""
    with suppress(OSError), os.scandir(folder) as entries:  # it may not be there yet
        return [folder / entry.name for entry in entries if NAME.fullmatch(entry.name) and not entry.is_symlink()]
    return []


def _new_name(target: str) -> str:
    """A name for a job, which tells when it began and of which class it is."""
    about = re.sub(r"[^a-z0-9]+", "-", target.lower())[:30].strip("-") or "class"
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{about}-{secrets.token_hex(2)}"
