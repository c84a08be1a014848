"""The process that mends: what it does with a job, called here in this process, and at the end in one of its own."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial, partialmethod
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.errors import Cancelled, DrawingError, GanmendError, OptionError
from ganmend.metrics.diversity import ms_ssim_within
from ganmend.progress import Progress
from ganmend.report.tiles import from_strip
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.runs.mend_run import complete_result, mend_in
from ganmend.studio import mender, watch
from ganmend.studio.bench import Bench
from ganmend.studio.job_folder import STOP, STOPPED, read_job, read_progress, write_job
from ganmend.studio.jobs import LIVE
from ganmend.studio.live import thinned
from ganmend.studio.mender import NO_MEMORY, NOTHING_YET, OURS, Mender
from ganmend.studio.mender_process import NO_PROCESS, MenderProcess
from ganmend.studio.pace import Pace
from ganmend.studio.queue import Jobs
from ganmend.studio.watch import Watch
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, FIXTURES, make_classifier

CONFIG = replace(
    ganmend.PRESETS["default"], steps=5, latents=4, validation_latents=4, trials=2, validate_every=1, prior_weight=0.0
)
NOTHING = Item("", "mend")


@pytest.fixture
def asked(tmp_path, monkeypatch) -> MendRequest:
    # Most of the time of judging four samples, and of saving.
    monkeypatch.setattr("ganmend.metrics.verdict.ms_ssim_within", partial(ms_ssim_within, pairs=1))
    monkeypatch.setattr(MendResult, "samples", partialmethod(MendResult.samples, n=8))
    (tmp_path / "names.txt").write_text("\n".join(CIFAR10))
    source = GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"), class_names=str(tmp_path / "names.txt"))
    return MendRequest("repair", "frog", source, precision="float32", config=CONFIG, samples=4)


@pytest.fixture
def bench(asked, monkeypatch) -> Workbench:
    made = Workbench(
        asked.generator, classifier=make_classifier(), judge=make_classifier(1), precision="float32",
        class_map=asked.class_map,
    )  # fmt: skip
    monkeypatch.setattr(MendRequest, "workbench", lambda self, **named: made)
    return made


@pytest.fixture
def folder(tmp_path, asked) -> Path:
    directory = tmp_path / "20261126-151200-frog-3f2a"
    directory.mkdir()
    write_job(directory, asked, created=0.0, by="")
    return directory


def done(folder: Path, by: Mender | None = None) -> tuple[object, object]:
    """State and message of a job that is done here."""
    outcome = (by or Mender())(Item(folder.name, "mend", {"directory": str(folder)}))
    return outcome.answer.values["state"], outcome.answer.values["message"]


def asking(folder: Path, monkeypatch, *moments: tuple[str, int]) -> list[str]:
    """Ask for the end of a job at moments, a stage and how much of it is done, and tell which stages there were."""
    told, on_progress = [], Watch.on_progress

    def ask(self, progress: Progress) -> None:
        told.append(progress.stage)
        if (progress.stage, progress.done) in moments:
            (folder / STOP).touch()
        on_progress(self, progress)

    monkeypatch.setattr(Watch, "on_progress", ask)
    return told


def test_a_job_gives_the_result_of_the_same_run_alone(folder, asked, bench, tmp_path, monkeypatch):
    """Bit for bit, although its best is drawn again and again; and what is drawn is what the page shows of it."""
    monkeypatch.setattr(watch, "PICTURE_EVERY", 0.0)
    alone = mend_in(tmp_path / "alone", asked, bench)
    assert done(folder) == ("done", "")
    result = complete_result(folder / "run", asked, bench)
    assert result.after.digest() == alone.after.digest()
    assert result.history == alone.history
    assert result.verdict == alone.verdict
    progress = read_progress(folder)
    assert progress.history == tuple(alone.history)
    assert (progress.stage, progress.seconds_left) == ("healthy classes", 0.0)
    assert progress.probability is not None
    shown = from_strip(Image.open(folder / LIVE))
    expected = Bench(bench, asked).samples(result.after)
    assert len(shown) == len(expected) == 16
    for one, other in zip(shown, expected, strict=True):
        # Sixteen at once or one by one: sums in another order, hence a rounding to the next of 256 levels.
        difference = np.asarray(one, int) - np.asarray(other, int)
        assert abs(difference).max() <= 1
    assert shown[0].tobytes() != shown[1].tobytes()
    # As after the death of a process between the result's end and the job's.
    stages = asking(folder, monkeypatch)
    assert done(folder) == ("done", "")
    assert stages == []


def test_a_job_that_is_stopped_keeps_the_best_so_far_and_is_judged(folder, asked, bench, monkeypatch):
    stages = asking(folder, monkeypatch, ("searching", 3))
    assert done(folder) == ("stopped", "")
    assert stages.count("searching") == 3, "within one step"
    result = MendResult.load(folder / "run", bench.generator)
    assert result.interrupted
    assert result.verdict is not None
    assert max(record["step"] for record in result.history) == 2


def test_a_second_stop_ends_the_judging_too(folder, bench, monkeypatch):
    asking(folder, monkeypatch, ("searching", 3), ("judging", 4))
    assert done(folder) == ("stopped", "")
    result = MendResult.load(folder / "run", bench.generator)
    assert (result.interrupted, result.verdict) == (True, None)
    assert max(record["step"] for record in result.history) == 2


def test_a_stop_while_the_whole_search_is_judged_keeps_what_was_found(folder, bench, monkeypatch):
    asking(folder, monkeypatch, ("judging", 4))
    assert done(folder) == ("stopped", "")
    result = MendResult.load(folder / "run", bench.generator)
    assert (result.interrupted, result.verdict) == (True, None)
    assert max(record["step"] for record in result.history) == 5


def test_a_job_that_is_stopped_before_its_search_leaves_no_result(folder, bench, monkeypatch):
    asking(folder, monkeypatch, ("choosing", 1))
    assert done(folder) == ("cancelled", NOTHING_YET)
    assert not (folder / "run").exists()


def died(folder: Path, monkeypatch, step: int) -> None:
    """Do a job in a process that dies in its search."""

    class Killed(BaseException):
        pass

    def die(self, progress: Progress) -> None:
        on_progress(self, progress)
        if (progress.stage, progress.done) == ("searching", step):
            raise Killed

    on_progress = Watch.on_progress
    with monkeypatch.context() as dying:
        dying.setattr(Watch, "on_progress", die)
        dying.setattr("ganmend.runs.mend_run.SAVE_EVERY", 0.0)
        dying.setattr(watch, "PROGRESS_EVERY", 0.0)
        with pytest.raises(Killed):
            done(folder)


def test_another_process_goes_on_with_a_job_and_ends_it_the_same(folder, asked, bench, tmp_path, monkeypatch):
    alone = mend_in(tmp_path / "alone", asked, bench)
    died(folder, monkeypatch, 4)
    before = read_progress(folder)
    assert [record["step"] for record in before.history][-1] == 3
    stages = asking(folder, monkeypatch)
    assert done(folder) == ("done", "")
    assert stages.count("searching") == 2, "steps 4 and 5"
    result = complete_result(folder / "run", asked, bench)
    assert result.after.digest() == alone.after.digest()
    assert result.history == alone.history
    assert read_progress(folder).seconds > before.seconds


def test_a_stop_of_a_process_that_died_holds_for_the_next_and_loses_nothing(folder, bench, monkeypatch):
    died(folder, monkeypatch, 4)
    asking(folder, monkeypatch, ("choosing", 1), ("choosing", 1), ("searching", 4))
    (folder / STOPPED).touch()
    assert done(folder) == ("stopped", "")
    result = MendResult.load(folder / "run", bench.generator)
    assert max(record["step"] for record in result.history) == 3
    assert result.verdict is not None


def test_what_comes_before_a_search_that_goes_on_is_not_ended(folder, bench, monkeypatch):
    """Else the best of the search until then would be lost."""
    died(folder, monkeypatch, 4)
    told = Watch(folder, read_progress(folder), None)
    (folder / STOP).touch()
    told.on_progress(Progress("reading", 1, 9))
    with pytest.raises(Cancelled):
        told.on_progress(Progress("searching", 4, 5))
    assert (told.stopped, (folder / STOP).exists()) == (True, False)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OptionError("no such thing; give another"), "no such thing; give another"),
        (MemoryError(), NO_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate"), NO_MEMORY),
        (OSError(errno.ENOSPC, "No space left on device", "place"), "cannot use place (No space left on device); ask"),
    ],
)
def test_why_a_job_failed_is_told_in_a_line(folder, bench, monkeypatch, capfd, error, message):
    def fail(*words, **named):
        raise error

    monkeypatch.setattr(mender, "mend_in", fail)
    state, told = done(folder)
    assert (state, told[: len(message)]) == ("failed", message)
    assert capfd.readouterr().err == ""


def test_a_class_that_nobody_knows_is_told(folder, asked, bench):
    write_job(folder, replace(asked, target="forg"), created=0.0, by="")
    state, message = done(folder)
    assert state == "failed"
    assert "frog" in message
    assert not (folder / "run").exists()


def test_a_defect_of_ours_is_told_whole_where_the_server_runs(folder, bench, monkeypatch, capfd):
    monkeypatch.setattr(mender, "mend_in", lambda *words, **named: 1 / 0)
    assert done(folder) == ("failed", OURS)
    assert "ZeroDivisionError: division by zero" in capfd.readouterr().err


def test_a_process_that_the_system_ends_says_nothing_of_its_job(folder, bench, monkeypatch):
    """It goes on in another one: an interrupted result is no result that anybody asked for."""

    monkeypatch.setattr(mender, "mend_in", lambda *words, **named: SimpleNamespace(interrupted=True))
    with pytest.raises(SystemExit):
        done(folder)
    assert read_job(folder).state == "waiting"


def test_the_folder_of_a_job_that_is_gone_is_told_as_it_is_called_in_the_studio_s(folder, bench):
    (folder / "job.json").unlink()
    name = f"{folder.parent.name}/{folder.name}"
    assert done(folder) == ("failed", f"{name} holds no job that can be read; ask again")


def test_one_workbench_serves_jobs_that_differ_in_class_settings_and_seed(folder, asked, bench, monkeypatch):
    loads = []
    monkeypatch.setattr(MendRequest, "workbench", lambda self, **named: loads.append(named) or bench)
    by = Mender(allow_code=True)
    for request in (asked, replace(asked, target="cat", seed=1, samples=5, config=replace(CONFIG, steps=1))):
        assert by._bench_of(request) is bench
    assert loads == [{"allow_code": True}]
    by._bench_of(replace(asked, real="photographs"))
    assert len(loads) == 2


def test_progress_is_written_at_most_twice_a_second_and_at_each_stage(folder, monkeypatch):
    writes, clock = [], [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(watch, "write_progress", lambda directory, told: writes.append((told.stage, told.done)))
    told = Watch(folder, None, None)
    for done_until_now in range(1, 21):
        clock[0] += 0.125  # which binary numbers hold exactly
        told.on_progress(Progress("searching", done_until_now, 20, 0.5, 0.25))
    assert writes == [
        ("loading", 0),
        ("searching", 1),
        ("searching", 5),
        ("searching", 9),
        ("searching", 13),
        ("searching", 17),
    ]
    told.close()
    assert writes[-1] == ("searching", 20)


def test_the_best_so_far_is_drawn_at_most_once_a_second(folder, monkeypatch):
    drawn, clock = [], [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(watch, "draw_best", lambda state, generator, path: drawn.append((state.step, generator, path)))
    told = Watch(folder, None, None)
    told.on_state(SimpleNamespace(step=0, history=()))  # there is nothing yet that draws
    told.generator = "G"
    for step in range(1, 9):
        told.on_state(SimpleNamespace(step=step, history=()))
        clock[0] += 0.25
    assert drawn == [(1, "G", folder / LIVE), (5, "G", folder / LIVE)]


def test_images_that_are_no_numbers_end_no_search(folder, monkeypatch):
    """The search itself tells that, or goes on with other trials."""

    def nan(*words):
        raise DrawingError("the generator draws NaN")

    monkeypatch.setattr(watch, "draw_best", nan)
    told = Watch(folder, None, None)
    told.generator = "G"
    told.on_state(SimpleNamespace(step=1, history=({"step": 1, "trial": 0},)))
    told.close()
    assert read_progress(folder).history == ({"step": 1, "trial": 0},)


def test_a_disk_that_takes_no_progress_ends_no_search(folder):
    (folder / "progress.json").mkdir()
    told = Watch(folder, None, None)
    told.on_progress(Progress("searching", 1, 20, 0.5, 0.25))


def seen(pace: Pace, stage: str, done_until_now: int, total: int, now: float) -> float | None:
    """The time that is left when a progress was told."""
    told = Progress(stage, done_until_now, total)
    pace.see(told, now)
    return pace.seconds_left(told, now)


def test_time_left_is_that_of_the_steps_to_come_and_of_judging():
    pace = Pace(judging=30.0)
    assert seen(pace, "loading", 0, 1, 0.0) is None
    assert seen(pace, "searching", 10, 100, 50.0) is None, "gone on with after 10 steps, of which none was timed"
    assert seen(pace, "searching", 20, 100, 55.0) == 0.5 * 80 + 30
    assert seen(pace, "judging", 5, 10, 100.0) == 30
    assert seen(pace, "judging", 10, 10, 106.0) == 12 * 6, "before is judged; after and five healthy classes are left"
    assert seen(pace, "judging", 5, 10, 112.0) == 12 * 5.5, "half of after"
    assert seen(pace, "reading", 5, 10, 112.0) == 12 * 5.5
    assert seen(pace, "healthy classes", 1, 5, 130.0) == 12 * 4
    assert seen(pace, "healthy classes", 5, 5, 180.0) == 0


def test_time_left_of_judging_is_unknown_until_some_of_it_was_seen():
    pace = Pace(judging=None)
    assert seen(pace, "searching", 1, 5, 1.0) is None
    assert seen(pace, "searching", 2, 5, 3.0) == 6, "of the search alone"
    assert seen(pace, "judging", 1, 5, 4.0) is None
    assert pace.has_begun


def test_nothing_has_begun_before_the_first_step():
    pace = Pace(judging=None)
    seen(pace, "choosing", 3, 6, 1.0)
    assert not pace.has_begun
    seen(pace, "judging", 1, 5, 4.0)
    assert pace.has_begun, "its search was another process's"


@pytest.mark.parametrize("trials", [1, 2, 3, 7, 500])
def test_a_long_history_is_thinned_by_whole_validations(trials):
    history = [{"step": step, "trial": trial} for step in range(0, 5000, 10) for trial in range(trials)]
    kept = thinned(history, 400)
    assert len(kept) <= 400
    assert kept[-1] == history[-1]
    if trials < 400:
        assert len(kept) % trials == 0, "all trials of each"
        assert len(kept) > 400 // 3
        assert [record["step"] for record in kept] == sorted(record["step"] for record in kept)
    assert thinned(history[:400], 400) == tuple(history[:400])


class NoProcess:
    """Workers of which none can be begun."""

    made = closed = 0

    def __init__(self, count, prepare):
        NoProcess.made += 1

    def submit(self, item):
        raise GanmendError("3 worker processes were killed while they loaded")

    def close(self):
        NoProcess.closed += 1


def test_a_process_that_cannot_be_begun_fails_the_job(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("ganmend.studio.mender_process.Workers", NoProcess)
    process = MenderProcess(None, False)
    assert process.do(tmp_path, threading.Event()) == ("failed", NO_PROCESS)
    assert capfd.readouterr().err == "3 worker processes were killed while they loaded\n"
    assert (NoProcess.made, NoProcess.closed) == (2, 1), "the next job gets new ones"


class Scripted:
    """Workers whose next outcomes are known."""

    outcomes: ClassVar[list[Outcome | None]] = []

    def __init__(self, count, prepare):
        self.items = []

    def submit(self, item):
        self.items.append(item)

    def wait_for(self, seconds):
        outcome = self.outcomes.pop(0)
        return outcome and replace(outcome, item=self.items[-1])


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (Outcome(NOTHING, Answer({"state": "done", "message": "so"})), ("done", "so")),
        (
            Outcome(NOTHING, None, "3 processes that did it were killed"),
            ("failed", "3 processes that did it were killed"),
        ),
    ],
)
def test_how_a_process_ended_a_job_is_told(tmp_path, monkeypatch, outcome, end):
    monkeypatch.setattr("ganmend.studio.mender_process.Workers", Scripted)
    monkeypatch.setattr(Scripted, "outcomes", [None, None, outcome])
    process = MenderProcess(None, False)
    assert process.do(tmp_path, threading.Event()) == end
    assert process._workers.items == [Item(tmp_path.name, "mend", {"directory": str(tmp_path)})]


def test_a_job_is_left_where_the_studio_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr("ganmend.studio.mender_process.Workers", Scripted)
    closing = threading.Event()
    closing.set()
    assert MenderProcess(None, False).do(tmp_path, closing) is None


def wait_for(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


CONFIG_OF_SECONDS = replace(
    ganmend.PRESETS["default"], steps=40, latents=8, validation_latents=16, validate_every=2, patience=0
)
OF_SECONDS = MendRequest("repair", "frog", GeneratorSource("demo"), config=CONFIG_OF_SECONDS, samples=40)
SERVER = """
import sys, time
from pathlib import Path
from ganmend.studio.queue import Jobs
if __name__ == "__main__":
    jobs = Jobs(Path(sys.argv[1]), threads=int(sys.argv[2]))
    jobs.start()
    while True:
        process = jobs._process._workers._workers
        print(process[0].process.pid if process else 0, flush=True)
        time.sleep(0.1)
"""


def runs(process: int) -> bool:
    """Whether a process runs; one that is dead and not yet fetched does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def goes_on_searching(jobs: Jobs, name: str) -> None:
    """Wait until another process takes steps."""
    until_now = jobs.job(name).progress.seconds
    wait_for(lambda: jobs.job(name).progress.seconds > until_now and jobs.job(name).progress.stage == "loading")
    wait_for(lambda: jobs.job(name).progress.stage == "searching")


@pytest.mark.long
def test_a_job_whose_processes_are_killed_ends_as_if_they_had_not_been(tmp_path):
    """The one that mends, the server, and the next server's; and a server that is closed."""
    jobs = Jobs(tmp_path / "studio", threads=(threads := torch.get_num_threads()))
    name = jobs.submit(OF_SECONDS)
    (tmp_path / "server.py").write_text(SERVER)
    server = subprocess.Popen(
        [sys.executable, tmp_path / "server.py", jobs.directory, str(threads)], stdout=subprocess.PIPE, text=True
    )
    wait_for(lambda: jobs.job(name).live_picture is not None)
    assert server.stdout is not None
    mends = next(pid for pid in map(int, server.stdout) if pid)
    assert runs(mends)
    server.kill()
    wait_for(lambda: not runs(mends), seconds=3)
    server.wait()
    server.stdout.close()
    assert jobs.job(name).state == "waiting"
    jobs.start()
    goes_on_searching(jobs, name)
    os.kill(jobs._process._workers._workers[0].process.pid, signal.SIGKILL)
    goes_on_searching(jobs, name)
    began = time.monotonic()
    jobs.close()
    assert time.monotonic() - began < 3
    jobs.start()
    wait_for(lambda: jobs.job(name).state == "done")
    jobs.close()
    alone = mend_in(tmp_path / "alone", OF_SECONDS)
    result = MendResult.load(jobs.job(name).result_directory)
    assert result.after.digest() == alone.after.digest()
    assert result.history == json.loads(json.dumps(alone.history))
