"""One of several processes computes, the others wait for it; one that is stopped or killed stops nobody."""

import os
import signal
import time
from pathlib import Path

import pytest

from ganmend.files import turns
from ganmend.files.turns import held, turn


def in_a_child(path: Path, seconds: float) -> int:
    """The number of a process that holds a place for some seconds, as soon as it does."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        with held(path):
            os.write(tell, b"x")
            time.sleep(seconds)
        os._exit(0)
    os.read(told, 1)
    os.close(told)
    os.close(tell)
    return child


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOK_EVERY", 0.01)


def test_a_place_is_held_once_and_let_go(tmp_path: Path) -> None:
    with held(tmp_path / "a") as mine, held(tmp_path / "b") as another, held(tmp_path / "a") as again:
        assert (mine, another, again) == (True, True, False)
    with held(tmp_path / "a") as later:
        assert later


def test_a_place_that_knows_no_locks_is_anybodys(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with held(tmp_path / "file" / "a") as mine, turn(tmp_path / "file" / "a", lambda: 0) as also:
        assert mine
        assert also


def test_it_waits_for_another_process_and_asks_for_news(tmp_path: Path) -> None:
    child, asked = in_a_child(tmp_path / "a", 0.2), []
    began = time.monotonic()
    with turn(tmp_path / "a", lambda: asked.append(1)) as mine:
        assert mine
        assert time.monotonic() - began > 0.1
    assert len(asked) > 2
    os.waitpid(child, 0)


def test_a_killed_process_is_not_waited_for(tmp_path: Path) -> None:
    child = in_a_child(tmp_path / "a", 60)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with turn(tmp_path / "a", lambda: 0) as mine:
        assert mine


def test_a_process_without_news_is_not_waited_for_long_and_one_with_news_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    child = in_a_child(tmp_path / "a", 0.5)
    with turn(tmp_path / "a", time.monotonic) as mine:
        assert mine, "there was news all the time"
    os.waitpid(child, 0)
    child = in_a_child(tmp_path / "a", 60)
    with turn(tmp_path / "a", lambda: 0) as mine:
        assert not mine
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
