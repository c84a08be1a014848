"""A result as the page shows it: on the latents that the page shows of every class."""

from typing import TYPE_CHECKING

from PIL import Image

from ganmend.catalog.names import name_or_index
from ganmend.errors import GanmendError
from ganmend.report.page import Edit
from ganmend.report.tiles import from_strip
from ganmend.studio.bench import SHOWN, Bench
from ganmend.studio.kept_pictures import told
from ganmend.workbench.result import MendResult, saved_picture

if TYPE_CHECKING:
    from ganmend.studio.jobs import Job


def shown_result(bench: Bench, job: "Job") -> Edit:
    """What is to be shown of a job that ended with a result.

    Args:
        bench: of the generator.
        job: done or stopped.

    Returns:
        The result, with the samples of the seeds that the page shows first.

    Raises:
        GanmendError: its files are missing or broken, or another generator's.
    """
    result = MendResult.load(job.result_directory, bench.workbench.generator)
    row = name_or_index(result.before_index, bench.workbench.generator.class_names)
    before = "before" if row == result.target else f"before (row of {row})"
    after = told(bench.samples(result.after), SHOWN, {**bench.facts(job.request.target), "job": job.name})
    return result.on_page({before: bench.samples(row), "after": after})


def before_of(job: "Job") -> str | None:
    """The class that a job's edit is compared with, as far as that is known before it ends.

    Args:
        job: in any state.

    Returns:
        Its name; None of a new class.
    """
    return None if job.request.task == "repurpose" else job.request.target


def live_pictures(bench: Bench, job: "Job") -> tuple[Image.Image, ...]:
    """Samples of the best that a job found so far; () where there are none. They lead back to the job."""
    if job.live_picture is None:
        return ()
    try:
        pictures = from_strip(saved_picture(job.directory, job.live_picture.name))
        return told(pictures, SHOWN, {**bench.facts(job.request.target), "job": job.name})
    except GanmendError:  # its folder was deleted, or is foreign
        return ()
