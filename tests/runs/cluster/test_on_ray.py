"""Items on real Ray processes: nothing is lost where a worker dies, and all workers share what they need.

`make test-ray` runs these; they take minutes, since a cluster takes seconds to begin.
"""

import itertools
import os
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from ganmend.errors import OptionError
from ganmend.runs.cluster import on_ray
from ganmend.runs.cluster.on_ray import OnRay
from ganmend.runs.cluster.watchdog import writers
from ganmend.runs.items.item import Answer, Item
from ganmend.runs.items.workers import TRIES
from tests.runs.cluster.ray_items import Doing, attempts

ray = pytest.importorskip("ray", reason="needs pip install 'ganmend[ray]'")
pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("default")]  # Ray's own warnings are not ours


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("began")


@pytest.fixture(scope="module")
def runner(folder):
    doing = Doing(folder, torch.full((1 << 22,), 2.0))  # 16 MB
    runner = OnRay("local", lambda: doing, workers=2)
    yield runner
    runner.close()


NUMBERS = itertools.count()  # one an item, so that no two of this module have one name


def some(kind, count=1):
    return [Item(f"{kind}-{next(NUMBERS)}", kind, {"number": number}) for number in range(count)]


def do(runner, items):
    for item in items:
        runner.submit(item)
    return {outcome.item.name: outcome for outcome in [runner.wait() for _ in items]}


def test_each_item_has_its_own_outcome_and_is_done_once(runner, folder):
    items = some("plain", 12)
    done = do(runner, items)
    for number, item in enumerate(items):
        assert done[item.name].answer == Answer({"sum": 20.0 * number}, {"square": b"%d" % number**2})
        assert len(attempts(folder, item.name)) == 1


def test_workers_see_one_memory_and_have_their_own_threads_and_part_of_what_is_free(runner):
    items = some("rest", 6) + some("look", 6)
    seen = [outcome.answer.values for outcome in do(runner, items).values() if outcome.item.kind == "look"]
    assert {look["threads"] for look in seen} == {1}
    assert all(look["rights"].endswith("s") for look in seen), [look["rights"] for look in seen]
    assert all(look["path"].startswith("/dev/shm/") for look in seen), [look["path"] for look in seen]
    assert all(look["part"] == pytest.approx(1 / 2, rel=0.2) for look in seen), "two workers share the machine"


def test_a_worker_that_is_killed_in_mid_item_costs_that_item_alone_a_second_attempt(runner, folder):
    (killed,), others = some("stay once"), some("plain", 4)
    for item in (killed, *others):
        runner.submit(item)
    while not attempts(folder, killed.name):
        time.sleep(0.05)
        runner._give_out()
    os.kill(attempts(folder, killed.name)[0], signal.SIGKILL)
    done = {outcome.item.name: outcome for outcome in [runner.wait() for _ in range(5)]}
    assert all(outcome.error == "" for outcome in done.values())
    assert len(attempts(folder, killed.name)) == 2
    assert [len(attempts(folder, item.name)) for item in others] == [1] * 4


def test_an_item_that_kills_all_its_workers_is_reported_and_the_rest_completes(runner, folder):
    (deadly,), others = some("die"), some("plain", 4)
    done = do(runner, [deadly, *others])
    assert done[deadly.name].answer is None
    assert f"its worker was lost {TRIES} times" in done[deadly.name].error
    assert "\n" not in done[deadly.name].error
    assert len(attempts(folder, deadly.name)) == TRIES
    assert all(done[item.name].answer is not None for item in others)


def test_an_item_that_always_fails_is_reported_and_is_not_tried_again(runner, folder):
    (failing,), others = some("refuse"), some("plain", 2)
    done = do(runner, [failing, *others])
    assert (done[failing.name].answer, done[failing.name].error) == (None, "no such class")
    assert len(attempts(folder, failing.name)) == 1
    assert all(done[item.name].answer is not None for item in others)


def test_a_mistake_of_ours_is_not_hidden(runner):
    (item,) = some("fall")
    runner.submit(item)
    with pytest.raises(ZeroDivisionError):
        runner.wait()


def test_a_worker_with_another_version_is_refused(runner, monkeypatch):
    monkeypatch.setattr(on_ray, "versions", lambda: {"torch": "1.0"})
    (item,) = some("plain")
    runner.submit(item)
    with pytest.raises(OptionError, match=r"worker \S+ has torch \S+ \(expected 1.0\); install the same on all"):
        runner.wait()


def test_no_more_items_are_given_out_than_keep_the_workers_busy(runner, folder):
    assert runner.at_once == 4
    items = some("rest", 12)
    for item in items:
        runner.submit(item)
    assert len(runner._running) <= 4
    assert len([runner.wait() for _ in items]) == 12


def test_ctrl_c_and_sigterm_still_do_what_they_did(runner):
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_no_process_of_the_cluster_is_connected_to_another_machine(runner):
    folders = Path(tempfile.gettempdir()).glob("ganmend-ray-*")
    processes = [process for folder in folders for process in writers(folder)]
    assert len(processes) > 5
    assert any(connected_to(process) for process in processes), "they are connected to each other"
    assert [far for process in processes for far in connected_to(process) if not far.endswith("7F")] == []


def connected_to(process):
    """The other ends of a process's connections, as Linux writes them: 127.0.0.2 is 0200007F, behind zeros in IPv6."""
    links = []
    for file in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            links.append(os.readlink(file))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    far = {f"socket:[{row[9]}]": row[2].partition(":")[0] for row in rows}
    return [far[link] for link in links if link in far and far[link].strip("0")]
