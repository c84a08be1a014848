"""Jobs that go where a test sends them, in place of those of a real queue."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from ganmend.errors import OptionError
from ganmend.search.state import Record
from ganmend.workbench.request import MendRequest


@dataclass(frozen=True)
class FakeProgress:
    """As `JobProgress`."""

    stage: str = "searching"
    done: int = 40
    total: int = 120
    seconds: float = 12.0
    seconds_left: float | None = 30.0
    probability: float | None = 0.5
    diversity: float | None = 0.9
    history: tuple[Record, ...] = ()


@dataclass(frozen=True)
class FakeJob:
    """As `Job`."""

    name: str
    request: MendRequest
    directory: Path
    state: str = "waiting"
    place: int = 1
    created: float = field(default_factory=time.time)
    by: str = ""
    progress: FakeProgress | None = None
    message: str = ""

    @property
    def result_directory(self) -> Path:
        return self.directory / "run"

    @property
    def live_picture(self) -> Path | None:
        path = self.directory / "live.png"
        return path if path.exists() else None


class FakeJobs:
    """As `Jobs`."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.jobs, self.stopped, self.full = directory, dict[str, FakeJob](), list[str](), False

    def submit(self, request: MendRequest, *, by: str = "") -> str:
        if self.full:
            raise OptionError("20 jobs wait already; come back later")
        name = f"job-{len(self.jobs)}"
        self.jobs[name] = FakeJob(name, request, self.directory / name, by=by)
        return name

    def set(self, name: str, **changes: object) -> FakeJob:
        self.jobs[name] = replace(self.jobs[name], **changes)  # type: ignore[arg-type]
        return self.jobs[name]

    def show(self, name: str, colour: str) -> None:
        """Draw the job's live pictures."""
        directory = self.jobs[name].directory
        directory.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16 * 32, 32), colour).save(directory / "live.png")

    def job(self, name: str) -> FakeJob | None:
        return self.jobs.get(name)

    def all(self) -> list[FakeJob]:
        return sorted(self.jobs.values(), key=lambda job: -job.created)

    def stop(self, name: str) -> None:
        self.stopped.append(name)
