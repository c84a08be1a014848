"""A sweep whose answers lie elsewhere too goes on from another machine, and does nothing again."""

import uuid

import pytest

from ganmend.errors import OutputError
from ganmend.runs.items.mirror import Mirrored, mirrored
from ganmend.runs.items.remote_store import FsspecStore
from ganmend.runs.items.store import LocalStore
from ganmend.runs.record import RunRecord
from ganmend.runs.sweeps.run import sweep_in
from tests.runs.sweeps.sweeping import small_request

ASKED = RunRecord({"seed": 1}, "", "")


@pytest.fixture
def url():
    return f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def stores(tmp_path, url):
    here, there = LocalStore(tmp_path), FsspecStore(url)
    here.put("sweep.json", b'{"request": {"seed": 1}}')
    return here, there


def both(stores):
    return mirrored(*stores, ASKED, "sweep.json", ("items", "classes"))


def test_what_is_written_lies_in_both_and_what_either_had_is_in_both(stores):
    here, there = stores
    here.put("items/a.json", b"of here")
    there.put("items/b.json", b"of there")
    both(stores).put("classes/frog/edit", b"new")
    for store in stores:
        assert store.names() == ["classes/frog/edit", "items/a.json", "items/b.json", "sweep.json"]
        assert (store.get("items/a.json"), store.get("items/b.json")) == (b"of here", b"of there")


def test_what_cannot_be_written_there_is_not_taken_for_done_here(tmp_path):
    class Broken(LocalStore):
        def put(self, name, content):
            raise OutputError("no connection")

    store = Mirrored(LocalStore(tmp_path / "here"), Broken(tmp_path / "there"))
    with pytest.raises(OutputError, match="no connection"):
        store.put("items/a.json", b"")
    assert store.get("items/a.json") is None


def test_a_name_that_leads_out_of_the_run_is_passed_over(stores, tmp_path):
    _, there = stores
    for name in ("items/../../out", "items/../run.json", "other/a", "sweep.csv"):
        there._files.pipe_file(f"{there._folder}/{name}", b"hostile")
    both(stores)
    assert LocalStore(tmp_path).names() == ["sweep.json"]
    assert not (tmp_path.parent / "out").exists()


@pytest.mark.parametrize(
    ("noted", "told"), [(b'{"request": {"seed": 2}}', r"another seed \(2, now 1\)"), (b"\xff", "something else")]
)
def test_another_run_s_mirror_is_refused_and_left_as_it_is(stores, noted, told):
    here, there = stores
    there.put("sweep.json", noted)
    here.put("items/a.json", b"")
    with pytest.raises(OutputError, match=f"the --mirror holds .*{told}.*; give another"):
        both(stores)
    assert there.names() == ["sweep.json"]


def test_another_machine_goes_on_with_what_the_first_had_written_down(tmp_path, url):
    request, before = small_request(tmp_path, "frog", samples=6), []

    def end(tally):
        if tally.stage == "mending" and tally.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_in(tmp_path / "first", request, mirror=url, watch=end)
    done = FsspecStore(url).names("items/search")
    second = sweep_in(tmp_path / "second", request, mirror=url, watch=lambda tally: before.append(tally.before))
    assert before[-1] == 2 == sum(name.endswith(".json") for name in done), "both searches of the first machine"
    assert [row["status"] for row in second.rows] == ["mended"]
    for name in ("report.html", *done):
        assert FsspecStore(url).get(name) == (tmp_path / "second" / name).read_bytes()
