"""A local store: contents by name, whole or not there, and said in one line where that cannot be."""

import os
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.runs.items.store import LocalStore


def test_what_was_put_is_there_for_another_store_of_the_folder(tmp_path: Path) -> None:
    LocalStore(tmp_path / "run").put("search/7/0.json", b"first")
    LocalStore(tmp_path / "run").put("search/7/0.json", b"second")
    assert LocalStore(tmp_path / "run").get("search/7/0.json") == b"second"


def test_a_run_that_was_deleted_does_not_come_back_in_part(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="run is gone, in which this run is kept; give the command again"):
        LocalStore(tmp_path / "run", made=True).put("search/7/0.json", b"")
    assert list(tmp_path.iterdir()) == []


def test_what_was_never_put_is_none_and_has_no_name(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "run")
    assert store.get("a") is None
    assert store.names() == store.names("a/b") == []
    assert not (tmp_path / "run").exists()


def test_names_by_what_they_begin_with(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for name in ("search/2.json", "search/1.json", "search/10/x", "seed", "judge/1.json"):
        store.put(name, b"")
    assert store.names() == ["judge/1.json", "search/1.json", "search/10/x", "search/2.json", "seed"]
    assert store.names("search/1") == ["search/1.json", "search/10/x"]
    assert store.names("se") == ["search/1.json", "search/10/x", "search/2.json", "seed"]


def test_a_file_on_its_way_to_a_name_is_none(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / ".1.json.99.partial").write_bytes(b"half")
    LocalStore(tmp_path).put("search/.mark", b"whole")
    assert LocalStore(tmp_path).names() == ["search/.mark"]


def test_a_place_that_cannot_be_written_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("search", b"whole")
    with pytest.raises(OutputError, match=r"cannot make .*search"):
        store.put("search/1", b"")
    assert store.get("search") == b"whole"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_content_that_may_not_be_read_is_not_taken_for_missing(tmp_path: Path) -> None:
    LocalStore(tmp_path).put("a", b"")
    (tmp_path / "a").chmod(0)
    with pytest.raises(OutputError, match=r"cannot read .*Permission denied"):
        LocalStore(tmp_path).get("a")


def test_a_folder_in_place_of_a_content_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match=r"cannot read .*directory"):
        LocalStore(tmp_path).get("a")
