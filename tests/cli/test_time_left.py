"""The time left is that of the whole stage, by the speed of this process in this stage alone."""

from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import Task

from ganmend.cli import console
from ganmend.cli.console import progress_bar
from ganmend.progress import OnProgress, Progress


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(console, "stderr", lambda: Console(file=StringIO(), get_time=clock))
    return clock


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    made: list[Bar] = []

    class Watched(Bar):
        def __init__(self, *given: object, **options: object) -> None:
            super().__init__(*given, **options)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(console, "Bar", Watched)
    return made


def go(show: OnProgress, clock: Clock, stage: str, first: int, last: int, total: int, seconds: float) -> None:
    for done in range(first, last + 1):
        clock.now += seconds
        show(Progress(stage, done, total))


def left(bars: list[Bar]) -> float | None:
    (task,) = bars[0].tasks
    assert isinstance(task, Task)
    return task.time_remaining


@pytest.mark.parametrize("seconds", [0.5, 40.0, 200.0])
def test_slow_and_fast_units_tell_the_time_left(seconds: float, clock: Clock, bars: list[Bar]) -> None:
    with progress_bar("demo") as show:
        go(show, clock, "diagnosing", 1, 10, 100, seconds)
        assert left(bars) == pytest.approx(90 * seconds, abs=1)


def test_what_was_kept_earlier_counts_as_done_but_not_as_speed(clock: Clock, bars: list[Bar]) -> None:
    with progress_bar("demo") as show:
        go(show, clock, "diagnosing", 501, 510, 1000, 2.0)
        assert left(bars) == pytest.approx(490 * 2, abs=1)


def test_a_stage_is_not_measured_by_the_one_before(clock: Clock, bars: list[Bar]) -> None:
    with progress_bar("demo") as show:
        go(show, clock, "comparing", 1, 25, 25, 30.0)
        go(show, clock, "diagnosing", 1, 10, 1000, 2.0)
        assert left(bars) == pytest.approx(990 * 2, abs=1)
