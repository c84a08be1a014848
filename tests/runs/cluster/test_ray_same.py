"""What is found does not depend on who finds it: the same bits in this process and on 1, 2 and 4 workers."""

import pytest
import torch

from ganmend.catalog.source import GeneratorSource
from ganmend.runs.cluster.on_ray import OnRay
from ganmend.runs.cluster.packed import pack
from ganmend.runs.items.item import Item
from ganmend.runs.sweeps.run import sweep_in
from ganmend.workbench.request import MendRequest
from tests.runs.cluster.ray_items import Mending
from tests.runs.sweeps.sweeping import small_request

pytest.importorskip("ray", reason="needs pip install 'ganmend[ray]'")
pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("default")]

ITEMS = [Item(target, "mend", {"target": target}) for target in ("frog", "cat", "dog", "horse")]


@pytest.fixture(scope="module")
def mending():
    request = MendRequest(task="repair", target="frog", generator=GeneratorSource("demo"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as a worker has: their number changes how sums are rounded
    yield Mending(request.workbench())
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def here(mending):
    """Answers of this process, by the items' names."""
    return {item.name: mending(item).answer for item in ITEMS}


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_find_what_this_process_finds_to_the_last_bit(workers, mending, here):
    runner = OnRay("local", lambda: mending, workers=workers)
    for item in reversed(ITEMS):
        runner.submit(item)
    outcomes = [runner.wait() for _ in ITEMS]
    runner.close()
    assert {outcome.item.name: outcome.answer for outcome in outcomes} == here
    assert len({answer.files["edit"] for answer in here.values()}) == len(ITEMS), "another class, another edit"


def test_a_sweep_on_a_cluster_is_the_same_with_networks_that_cannot_be_sent(tmp_path):
    request = small_request(tmp_path)
    alone = sweep_in(tmp_path / "alone", request)
    together = sweep_in(tmp_path / "together", request, cluster="local", workers=2)
    assert [row | {"seconds": 0} for row in together.rows] == [row | {"seconds": 0} for row in alone.rows]
    edits = [sorted((tmp_path / which).rglob("*.safetensors")) for which in ("alone", "together")]
    assert len(edits[0]) == 6, "of two classes two groups each, and the better one"
    assert [path.read_bytes() for path in edits[0]] == [path.read_bytes() for path in edits[1]]


def test_a_search_and_its_verdict_write_into_nothing_that_workers_share(mending):
    packed = pack(mending)
    before = [row.tobytes() for row in packed.memory]
    mending(ITEMS[0])
    assert [row.tobytes() for row in packed.memory] == before
