"""The process that mends: what it does with a job that is done here, in this process."""

import errno
from dataclasses import replace
from functools import partial, partialmethod
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.errors import Cancelled, OptionError
from ganmend.metrics.diversity import ms_ssim_within
from ganmend.progress import Progress
from ganmend.report.tiles import from_strip
from ganmend.runs.items.item import Item
from ganmend.runs.mend_run import complete_result, mend_in
from ganmend.studio import mender, watch
from ganmend.studio.bench import Bench
from ganmend.studio.job_folder import STOP, STOPPED, read_job, read_progress, write_job
from ganmend.studio.jobs import LIVE
from ganmend.studio.mender import NO_MEMORY, NOTHING_YET, OURS, Mender
from ganmend.studio.watch import Watch
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, FIXTURES, make_classifier

CONFIG = replace(
    ganmend.PRESETS["default"], steps=5, latents=4, validation_latents=4, trials=2, validate_every=1, prior_weight=0.0
)


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
    by = Mender()
    assert done(folder, by) == ("done", "")
    assert 0 < by._judging * asked.samples < read_progress(folder).seconds, "known for the next job"
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
