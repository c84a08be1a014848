"""The process that does the studio's jobs, one after another, with one workbench in memory."""

import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import torch

from ganmend.errors import Cancelled, GanmendError, OutputError, is_out_of_memory
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.runs.mend_run import complete_result, mend_in
from ganmend.runs.record import in_folder
from ganmend.search.config import PRESETS
from ganmend.signals import INTERRUPTED
from ganmend.studio.job_folder import read_job
from ganmend.studio.jobs import Job
from ganmend.studio.watch import JudgingTime, Watch
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench

NICE = 5  # so that pages, whose pictures take a moment, do not wait for a search
OURS = "a defect of ganmend ended it; the server's error output says more"
NO_MEMORY = "memory ran out; ask for fewer trials or samples, or give the machine more"
NOTHING_YET = "it was stopped before anything was found"


def ready(threads: int | None, allow_code: bool) -> "Mender":
    """Prepare a new process for jobs.

    Args:
        threads: of PyTorch; None leaves its default.
        allow_code: run Python code that a classifier's name leads to.

    Returns:
        What does a job.
    """
    os.nice(NICE)
    if threads is not None:
        torch.set_num_threads(threads)
    return Mender(allow_code)


class Mender:
    """Does jobs; the workbench of the last one is kept, since most jobs share it.

    Args:
        allow_code: run Python code that a classifier's name leads to.
    """

    def __init__(self, allow_code: bool = False) -> None:
        self._allow_code = allow_code
        self._bench: tuple[MendRequest, Workbench] | None = None
        self._judging = JudgingTime()

    def __call__(self, item: Item) -> Outcome:
        """Do a job.

        Args:
            item: names the job's folder.

        Returns:
            Its state and message.
        """
        try:
            state, message = self._mend(Path(str(item.arguments["directory"])))
        except Cancelled:
            state, message = "cancelled", NOTHING_YET
        except GanmendError as error:
            state, message = "failed", str(error)
        except KeyboardInterrupt:  # the system ends this process; the job is gone on with
            sys.exit(INTERRUPTED)
        except Exception as error:
            traceback.print_exc()
            state, message = "failed", NO_MEMORY if is_out_of_memory(error) else OURS
        return Outcome(item, Answer({"state": state, "message": message}))

    def _mend(self, directory: Path) -> tuple[str, str]:
        job = read_job(directory)
        if job is None:
            raise OutputError(f"{directory} holds no job that can be read; ask again")
        watch = Watch(directory, job.progress, self._judging, job.request.samples)
        with in_folder(job.folder):
            bench = self._bench_of(job)
            watch.shows(bench.generator)
            bench.prepare(watch.on_progress)
            result = complete_result(job.result_directory, job.request, bench)
            if result is None:
                result = mend_in(
                    job.result_directory, job.request, bench, on_progress=watch.on_progress, on_state=watch.on_state
                )
        watch.close()
        if result.interrupted and not watch.stopped:
            raise KeyboardInterrupt
        return "stopped" if result.interrupted else "done", ""

    def _bench_of(self, job: Job) -> Workbench:
        """The workbench of a job's request, loaded where the last job had another one."""
        shared = replace(job.request, task="repair", target="", preset="default", config=PRESETS["default"], seed=0)
        if self._bench is None or self._bench[0] != shared:
            self._bench = None  # its memory serves for the new one
            self._bench = shared, job.request.workbench(allow_code=self._allow_code)
        return self._bench[1]
