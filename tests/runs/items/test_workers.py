"""Items in processes: nothing is lost where one dies, and none is left where the driver is gone."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from ganmend.errors import GanmendError, OptionError
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.runs.items.workers import Workers


def ready(folder: Path):
    return partial(do, folder)


def do(folder: Path, item: Item) -> Outcome:
    """Note that the item began, and then do as it is called."""
    with (folder / item.name).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if item.kind == "die" or (item.kind == "die once" and len(began(folder, item.name)) == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if item.kind == "sleep":
        time.sleep(60)
    if item.kind == "fail":
        return Outcome(item, None, "it fails")
    if item.kind == "fall":
        raise ZeroDivisionError
    return Outcome(item, Answer({"squared": item.arguments.get("number", 0) ** 2}))


def refuse():
    raise OptionError("no such generator")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def began(folder: Path, name: str) -> list[int]:
    """The processes that began an item, in order."""
    return [int(line) for line in (folder / name).read_text().split()] if (folder / name).exists() else []


def wait_for(condition, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def alive(process: int) -> bool:
    """Whether a process runs; one that is dead and not yet fetched does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def runner(tmp_path):
    made = Workers(2, partial(ready, tmp_path))
    yield made
    made.close()


def test_every_item_has_its_own_outcome_and_a_dead_process_s_item_is_done_again(runner, tmp_path):
    items = [Item("a", "square", {"number": 3}), Item("b", "die once", {"number": 4}), Item("c", "fail")]
    for item in items:
        runner.submit(item)
    outcomes = {outcome.item.name: outcome for outcome in (runner.wait() for _ in items)}
    answers = {name: outcome.answer and outcome.answer.values for name, outcome in outcomes.items()}
    assert answers == {"a": {"squared": 9}, "b": {"squared": 16}, "c": None}
    assert outcomes["c"].error == "it fails"
    assert len(set(began(tmp_path, "b"))) == 2


def test_an_item_that_kills_three_processes_fails_and_the_others_go_on(runner, tmp_path):
    runner.submit(Item("deadly", "die"))
    failed = runner.wait()
    assert (failed.answer, len(began(tmp_path, "deadly"))) == (None, 3)
    assert failed.error == "3 processes that did it were killed, perhaps for want of memory, one after another"
    runner.submit(Item("a", "square", {"number": 3}))
    assert runner.wait().answer == Answer({"squared": 9})


def test_why_a_process_cannot_begin_is_told_in_its_words():
    runner = Workers(1, refuse)
    runner.submit(Item("a", "square"))
    with pytest.raises(GanmendError, match=r"^no such generator$"):
        runner.wait()
    runner.close()


def test_processes_that_die_while_they_load_end_the_run():
    runner = Workers(1, die)
    runner.submit(Item("a", "square"))
    with pytest.raises(GanmendError, match=r"^3 worker processes were killed.* while they loaded; give fewer"):
        runner.wait()
    runner.close()


def test_a_defect_of_ours_is_not_hidden(runner):
    runner.submit(Item("a", "fall"))
    with pytest.raises(RuntimeError, match=r"ZeroDivisionError"):
        runner.wait()


def test_whoever_waits_a_while_only_gets_nothing_until_an_item_ends(runner):
    assert runner.wait_for(0) is None
    runner.submit(Item("a", "square", {"number": 3}))
    assert runner.wait_for(0) is None, "its process has only begun"
    told = next(outcome for outcome in (runner.wait_for(10) for _ in range(9)) if outcome is not None)
    assert told.answer == Answer({"squared": 9})


def test_closing_ends_what_is_under_way(tmp_path):
    runner = Workers(2, partial(ready, tmp_path))
    runner.submit(Item("long", "sleep"))
    runner.submit(Item("short", "square"))
    runner.wait()
    assert wait_for(lambda: bool(began(tmp_path, "long")))
    (process,) = began(tmp_path, "long")
    began_at = time.monotonic()
    runner.close()
    assert time.monotonic() - began_at < 5
    assert not alive(process)


DRIVER = """
import sys
from functools import partial
from pathlib import Path
from ganmend.runs.items.item import Item
from ganmend.runs.items.workers import Workers
from tests.runs.items.test_workers import ready

if __name__ == "__main__":
    runner = Workers(2, partial(ready, Path(sys.argv[1])))
    for name in ("first", "second"):
        runner.submit(Item(name, "sleep"))
    runner.wait()
"""


def test_no_process_outlives_a_driver_that_was_killed(tmp_path):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    root = Path(__file__).parents[3]
    driver = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{root}"},
    )
    assert wait_for(lambda: bool(began(tmp_path, "first") and began(tmp_path, "second")))
    workers = began(tmp_path, "first") + began(tmp_path, "second")
    assert all(map(alive, workers))
    driver.kill()
    driver.wait()
    assert wait_for(lambda: not any(map(alive, workers)), seconds=5)
