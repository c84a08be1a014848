"""How far a sweep is: done, failed, rate and time left, a line now and then where there is no terminal."""

import pytest

from ganmend.cli import live
from ganmend.cli.live import in_words, live_table
from ganmend.runs.items.driver import Tally


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    return now


def test_a_line_every_ten_seconds_at_most(clock, capsys):
    tally = Tally("mending", 10)
    with live_table() as watch:
        for second in range(25):
            clock[0] = 100.0 + second
            watch(tally)
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_the_rate_is_of_what_was_done_here_and_the_rest_takes_as_long(clock, capsys):
    tally = Tally("mending", 100, done=50, before=50)
    with live_table() as watch:
        watch(tally)
        clock[0] += 60
        tally.done, tally.running, tally.failed = 59, 2, {"search/1/0": "broken"}  # 10 in a minute, 40 left
        watch(tally)
    first, last = capsys.readouterr().err.splitlines()
    assert first == "mending, done 50 of 100, running 0, failed 0, a minute –, time left –"
    assert last == "mending, done 59 of 100, running 2, failed 1, a minute 10, time left 4 min"


def test_a_new_stage_has_a_time_of_its_own(clock, capsys):
    with live_table() as watch:
        watch(Tally("diagnosing", 10, done=1))
        clock[0] += 1000
        later = Tally("mending", 4)
        watch(later)
        clock[0] += 30
        later.done = 1
        watch(later)
    assert capsys.readouterr().err.splitlines()[-1].endswith("a minute 2, time left 2 min")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3540, "59 min"), (19200, "5 h 20 min"), (273600, "3 d 4 h")],
)
def test_spans_of_time_as_people_say_them(seconds, said):
    assert in_words(seconds) == said
