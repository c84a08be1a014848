"""What a job's folder is told of it: how often, how much, and how long it still takes."""

from types import SimpleNamespace

import pytest

from ganmend.errors import DrawingError
from ganmend.progress import Progress
from ganmend.studio import watch
from ganmend.studio.job_folder import read_progress
from ganmend.studio.jobs import LIVE, JobProgress
from ganmend.studio.live import thinned
from ganmend.studio.pace import Pace
from ganmend.studio.watch import Watch


def test_progress_is_written_at_most_twice_a_second_and_at_each_stage(tmp_path, monkeypatch):
    writes, clock = [], [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(watch, "write_progress", lambda directory, told: writes.append((told.stage, told.done)))
    told = Watch(tmp_path, None, None)
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


def test_how_long_judging_takes_is_known_of_jobs_that_were_all_done_here(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock[0])
    first, resumed = (Watch(tmp_path, before, None) for before in (None, JobProgress("searching", 1, 2, 3.0)))
    assert first.judged_in is None
    for told in (first, resumed):
        told.on_progress(Progress("judging", 1, 2))
    clock[0] += 7
    assert (first.judged_in, resumed.judged_in) == (7, None)
    first.stopped = True
    assert first.judged_in is None


def test_the_best_so_far_is_drawn_at_most_once_a_second(tmp_path, monkeypatch):
    drawn, clock = [], [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(watch, "draw_best", lambda state, generator, path: drawn.append((state.step, generator, path)))
    told = Watch(tmp_path, None, None)
    told.on_state(SimpleNamespace(step=0, history=()))  # there is nothing yet that draws
    told.generator = "G"
    for step in range(1, 9):
        told.on_state(SimpleNamespace(step=step, history=()))
        clock[0] += 0.25
    assert drawn == [(1, "G", tmp_path / LIVE), (5, "G", tmp_path / LIVE)]


def test_images_that_are_no_numbers_end_no_search(tmp_path, monkeypatch):
    """The search itself tells that, or goes on with other trials."""

    def nan(*words):
        raise DrawingError("the generator draws NaN")

    monkeypatch.setattr(watch, "draw_best", nan)
    told = Watch(tmp_path, None, None)
    told.generator = "G"
    told.on_state(SimpleNamespace(step=1, history=({"step": 1, "trial": 0},)))
    told.close()
    assert read_progress(tmp_path).history == ({"step": 1, "trial": 0},)


def test_a_disk_that_takes_no_progress_ends_no_search(tmp_path):
    (tmp_path / "progress.json").mkdir()
    told = Watch(tmp_path, None, None)
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


def test_a_generator_of_few_classes_has_fewer_healthy_ones():
    pace = Pace(judging=None)
    assert seen(pace, "judging", 10, 10, 100.0) is None
    assert seen(pace, "healthy classes", 1, 2, 120.0) == 10, "one of four is left"


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
