"""Before a cluster begins: where what is shared lies, and what is told where it cannot begin."""

import shutil
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

from ganmend.errors import GanmendWarning, OptionError
from ganmend.runs.cluster import local as local_cluster
from ganmend.runs.cluster.local import store_folder
from ganmend.runs.cluster.on_ray import OnRay, raise_cause

Usage = namedtuple("Usage", "free")


@pytest.fixture
def free(monkeypatch, tmp_path):
    """Bytes that are free in shared memory and on the disk, to be set."""
    left = {"memory": 0, "disk": 0}
    monkeypatch.setattr(local_cluster, "SHARED_MEMORY", tmp_path / "memory")
    for name in left:
        (tmp_path / name).mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(left[Path(folder).name]))
    return left


def test_what_is_shared_lies_in_memory_where_it_has_room(free, tmp_path):
    free["memory"] = 100
    assert store_folder(100, tmp_path / "disk") == tmp_path / "memory"


@pytest.mark.parametrize("there", [True, False])
def test_where_shared_memory_is_too_small_or_missing_the_disk_is_taken_with_a_warning(free, tmp_path, there):
    free.update(memory=99_000_000, disk=100_000_000)
    if not there:
        (tmp_path / "memory").rmdir()
    with pytest.warns(GanmendWarning, match=r"memory has no room for the 100 MB .* --shm-size"):
        assert store_folder(100_000_000, tmp_path / "disk") == tmp_path / "disk"


def test_where_neither_has_room_it_is_refused(free, tmp_path):
    free.update(memory=99_000_000, disk=99_000_000)
    with pytest.raises(OptionError, match="have no room for the 100 MB that workers share; free some, set TMPDIR"):
        store_folder(100_000_000, tmp_path / "disk")


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(OptionError, match=r"--cluster needs the package ray: pip install 'ganmend\[ray\]'"):
        OnRay("local", lambda: print, workers=1)


@pytest.mark.parametrize("address", ["remote", "host:", ":6379", "host:port"])
def test_what_is_no_address_is_told_before_anything_is_loaded(address, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))

    def prepare():
        raise AssertionError

    with pytest.raises(OptionError, match=r"--cluster '.*' is no address; expected local, auto or HOST:PORT"):
        OnRay(address, prepare, workers=1)


class FromWorker(Exception):
    def __init__(self, cause):
        self.cause = cause


def test_what_a_worker_tells_the_user_is_told_and_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(OptionError, match="other torch"):
        raise_cause(FromWorker(OptionError("other torch")))
    with pytest.raises(OptionError, match="a machine of the cluster has no ganmend"):
        raise_cause(FromWorker(ModuleNotFoundError("No module named 'ganmend'", name="ganmend.runs")))
    raise_cause(FromWorker(ModuleNotFoundError("No module named 'other'", name="other")))
    raise_cause(FromWorker(ZeroDivisionError()))
