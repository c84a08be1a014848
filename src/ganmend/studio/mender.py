"""The process that does the studio's jobs, one after another, with one workbench in memory."""

import sys
import traceback
from dataclasses import replace
from pathlib import Path

import torch

from ganmend.errors import Cancelled, GanmendError, OutputError, is_out_of_memory
from ganmend.metrics.judging import SAMPLES
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.runs.mend_run import complete_result, mend_in
from ganmend.runs.record import in_folder
from ganmend.search.config import PRESETS
from ganmend.signals import INTERRUPTED
from ganmend.studio.job_folder import read_job
from ganmend.studio.watch import Watch
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench

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
        self._judging: float | None = None  # seconds a sample, in the last job

    def __call__(self, item: Item) -> Outcome:
        """Do a job.

        Args:
            item: names the job's folder.

        Returns:
            Its state and message.
        """
        directory = Path(str(item.arguments["directory"]))
        try:
            state, message = self._mend(directory)
        except Cancelled:
            state, message = "cancelled", NOTHING_YET
        except KeyboardInterrupt:  # the system ends this process; the job is gone on with
            sys.exit(INTERRUPTED)
        except Exception as error:
            # Visitors have no use for where the studio's folder lies.
            state, message = "failed", _cause(error).replace(f"{directory.parent.parent}/", "")
        return Outcome(item, Answer({"state": state, "message": message}))

    def _mend(self, directory: Path) -> tuple[str, str]:
        job = read_job(directory)
        if job is None:
            raise OutputError(f"{directory} holds no job that can be read; ask again")
        request, place = job.request, job.result_directory
        judging = None if self._judging is None else self._judging * request.samples
        watch = Watch(directory, job.progress, judging)
        with in_folder(job.folder):
            bench = self._bench_of(request)
            watch.generator = bench.generator
            bench.prepare(watch.on_progress)
            # A process may have died between the result's end and the job's.
            result = complete_result(place, request, bench)
            if result is None:
                result = mend_in(place, request, bench, on_progress=watch.on_progress, on_state=watch.on_state)
        watch.close()
        if result.interrupted and not watch.stopped:
            raise KeyboardInterrupt
        if watch.judged_in is not None:
            self._judging = watch.judged_in / request.samples
        return "stopped" if result.interrupted else "done", ""

    def _bench_of(self, request: MendRequest) -> Workbench:
        """The workbench of a request, loaded where the last one had another."""
        shared = replace(
            request, task="repair", target="", preset="default", config=PRESETS["default"], seed=0, samples=SAMPLES
        )
        if self._bench is None or self._bench[0] != shared:
            self._bench = None  # its memory serves for the new one
            self._bench = shared, request.workbench(allow_code=self._allow_code)
        return self._bench[1]


def _cause(error: Exception) -> str:
    """Why a job failed, in one line for the page; of a defect of ours the server's error output gets all."""
    if isinstance(error, GanmendError):
        return str(error)
    if is_out_of_memory(error):
        return NO_MEMORY
    if isinstance(error, OSError) and error.strerror:  # a disk that is full, a folder that is gone
        return f"cannot use {error.filename or 'a file'} ({error.strerror}); ask again when that is put right"
    traceback.print_exception(error)
    return OURS
