"""The jobs of one generator, of a queue that all generators of a studio share."""

from typing import TYPE_CHECKING

from ganmend.catalog.source import GeneratorSource
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
