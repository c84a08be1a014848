"""On a cluster of the user's: a machine that goes takes nothing with it, and the cluster outlives the run."""

import os
import signal
import time
from functools import partial

import pytest
import torch

from ganmend.errors import OptionError
from ganmend.runs.cluster.on_ray import OnRay
from ganmend.runs.items.item import Item
from tests.runs.cluster.ray_items import Doing, attempts, tied

ray = pytest.importorskip("ray", reason="needs pip install 'ganmend[ray]'")
pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    before = signal.getsignal(signal.SIGTERM)  # which a machine of Ray's sets for its process: here, for this one
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 80 << 20})
    yield cluster
    cluster.shutdown()
    signal.signal(signal.SIGTERM, before)


def test_an_item_of_a_machine_that_goes_is_done_on_another(cluster, tmp_path):
    second = cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
    doing = Doing(tmp_path, torch.ones(1 << 20))
    runner = OnRay(cluster.address, lambda: doing, workers=1)
    assert runner.at_once == 4, "two machines with a processor each"
    items = [Item(f"stay-{number}", "stay once", {"number": number}) for number in range(2)]
    for item in items:
        runner.submit(item)
    while not all(attempts(tmp_path, item.name) for item in items):  # one on each machine
        time.sleep(0.05)
    machines = {process: _raylet(process) for item in items for process in attempts(tmp_path, item.name)}
    gone = second.all_processes["raylet"][0].process.pid
    assert sorted(machines.values()) == sorted({gone, *machines.values()})
    cluster.remove_node(second, allow_graceful=False)
    (lost,) = [item for item in items if machines[attempts(tmp_path, item.name)[0]] == gone]
    (kept,) = [item for item in items if item is not lost]
    os.kill(attempts(tmp_path, kept.name)[0], 9)  # which only sleeps
    done = {outcome.item.name: outcome for outcome in (runner.wait(), runner.wait())}
    assert {done[item.name].answer.values["sum"] for item in items} == {0.0, 10.0}
    assert len(attempts(tmp_path, lost.name)) == 2
    runner.close()
    assert cluster.head_node.all_processes["raylet"][0].process.poll() is None, "it is not ours to end"


def test_more_than_the_object_store_holds_is_shared_from_the_disk_or_refused_in_a_line(cluster, tmp_path):
    doing = Doing(tmp_path, torch.ones(50 << 20))  # 200 MB, into 80 MB
    runner = OnRay(cluster.address, lambda: doing, workers=1)
    runner.submit(Item("plain", "plain", {"number": 3}))
    assert runner.wait().answer.values == {"sum": 30.0}
    runner.close()


def test_what_cannot_be_sent_is_made_by_each_worker(cluster, tmp_path):
    runner = OnRay(cluster.address, partial(tied, tmp_path), workers=1)
    for number in range(3):
        runner.submit(Item(f"plain-{number}", "plain", {"number": number}))
    assert {runner.wait().answer.values["sum"] for _ in range(3)} == {0.0, 30.0, 60.0}
    assert attempts(tmp_path, "made")[0] == os.getpid()
    assert 2 <= len(attempts(tmp_path, "made")) <= 3, "here, and once in each worker's process"
    runner.close()


def test_no_cluster_at_an_address_is_told_at_once():
    began = time.monotonic()
    with pytest.raises(
        OptionError, match=r"no cluster answers at 127.0.0.2:1 \(.*refused\); give --cluster the"
    ) as told:
        OnRay("127.0.0.2:1", lambda: print, workers=1)
    assert time.monotonic() - began < 20
    assert "\n" not in str(told.value)


def _raylet(process):
    """The process that began a worker: its machine's."""
    with open(f"/proc/{process}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
