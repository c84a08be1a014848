"""The jobs of one generator, of a queue that all generators of a studio share."""

from typing import TYPE_CHECKING

from ganmend.catalog.source import GeneratorSource
from ganmend.studio.job_folder import STOP, STOPPED
from ganmend.workbench.request import MendRequest

if TYPE_CHECKING:
    from ganmend.studio.jobs import Job
    from ganmend.studio.queue import Jobs


class JobsOf:
    """As `Jobs`, but of one generator; a job's place in the queue counts those of the others, too.

    Args:
        jobs: of all generators.
        generator: whose jobs are told of.
    """

    def __init__(self, jobs: "Jobs", generator: GeneratorSource) -> None:
        self._jobs, self._generator = jobs, generator

    def submit(self, request: MendRequest, *, by: str = "") -> str:
        """See `Jobs.submit`."""
        return self._jobs.submit(request, by=by)

    def under_way(self, request: MendRequest) -> str | None:
        """The name of a job that waits or runs and will find what a new one would; None where there is none.

        Args:
            request: what a new one would be asked for.

        Returns:
            The name. A job whose end was asked for may find less, and is none.
        """
        return next(
            (job.name for job in self.all() if job.state in ("waiting", "running") and job.request == request
             and not any((job.directory / asked).exists() for asked in (STOP, STOPPED))), None,
        )  # fmt: skip

    def all(self) -> "list[Job]":
        """This generator's jobs, the newest first."""
        return [job for job in self._jobs.all() if job.request.generator == self._generator]

    def job(self, name: str) -> "Job | None":
        """A job of this generator by its name; None where there is none."""
        return next((job for job in self.all() if job.name == name), None)

    def stop(self, name: str) -> None:
        """End a job of this generator, see `Jobs.stop`; one of another generator stays."""
        if self.job(name) is not None:
            self._jobs.stop(name)
