"""What the page says of a job, in words for who never saw a search."""

import time
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ganmend.studio.jobs import Job

# What is being done, by the stage of the progress.
STAGES: "Mapping[str, str]" = MappingProxyType(
    {
        "loading": "getting ready",
        "reading": "looking at the photographs",
        "ranking": "comparing places to begin",
        "choosing": "choosing where to begin",
        "searching": "searching",
        "judging": "judging before and after",
        "healthy classes": "judging healthy classes, to compare with",
        "drawing": "drawing samples",
    }
)
DOING: "Mapping[str, str]" = MappingProxyType(
    {"repair": "Repairing", "debias": "Widening", "repurpose": "Teaching it to draw"}
)
TASKS: "Mapping[str, str]" = MappingProxyType({"repair": "repair", "debias": "more variety", "repurpose": "new class"})
# What the page calls a diagnosis's marks.
MARKS: "Mapping[str, str]" = MappingProxyType(
    {
        "collapsed": "collapsed: its samples are nearly all alike",
        "off-class": "off its class: its samples show something else",
        "biased": "biased: its samples show only part of what the class is",
        "healthy": "healthy",
        "not diagnosed": "not diagnosed",
    }
)


def stage(name: str) -> str:
    """What a stage does."""
    return STAGES.get(name, name)


def headline(job: "Job") -> str:
    """In one line without an end: what becomes of a job.

    Args:
        job: in any state.

    Returns:
        Such as 'Repairing frog: searching, 40 of 120'.
    """
    if job.state == "waiting":
        behind = "next" if job.place <= 1 else f"number {job.place} in the queue"
        return f"{job.request.target} waits: it is {behind}"
    if job.state == "running":
        begun = f"{DOING[job.request.task]} {job.request.target}"
        if job.progress is None:
            return f"{begun}: {STAGES['loading']}"
        return f"{begun}: {stage(job.progress.stage)}, {job.progress.done} of {job.progress.total}"
    ends = {
        "done": f"{job.request.target} is done",
        "stopped": f"{job.request.target} was stopped; this is the best that was found",
        "cancelled": f"{job.request.target} was cancelled before it began",
        "failed": f"{job.request.target} failed: {job.message}",
    }
    return ends[job.state]


def to_stop(job: "Job") -> str:
    """What a button says that ends a job: what is kept, and what not."""
    if job.state != "running":
        return "Cancel"
    judging = job.progress is not None and job.progress.stage in ("judging", "healthy classes")
    return "End now, without a verdict" if judging else "Stop, and keep the best so far"


def announced(job: "Job") -> str:
    """The same for who hears it: it changes with the stage and each quarter of it, and not with each step."""
    if job.state != "running" or job.progress is None:
        return headline(job)
    quarter = 4 * job.progress.done // max(1, job.progress.total)
    done = ("", ", a quarter is done", ", half is done", ", three quarters are done", ", done")[min(quarter, 4)]
    return f"{DOING[job.request.task]} {job.request.target}: {stage(job.progress.stage)}{done}"


def time_of(job: "Job") -> str:
    """How long a running job took, and takes, as far as that is known."""
    if job.progress is None:
        return ""
    spent = f"{lasting(job.progress.seconds)} so far"
    left = job.progress.seconds_left
    return spent if left is None else f"{spent}, about {lasting(left)} left"


def lasting(seconds: float) -> str:
    """A time for people: '40 seconds', '3 minutes', '2.5 hours'."""
    if seconds < 90:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def listed(job: "Job") -> str:
    """A job in the list of all, such as 'frog, repair — done, 15:31'."""
    when = time.strftime("%H:%M" if time.time() - job.created < 43200 else "%d %b %H:%M", time.localtime(job.created))
    state = f"number {job.place} in the queue" if job.state == "waiting" else job.state
    return f"{job.request.target}, {TASKS[job.request.task]} — {state}, {when}"
