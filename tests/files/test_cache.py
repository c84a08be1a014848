"""What is cached is named by all that it depends on, bounded, and never worth an error."""

import os
from pathlib import Path

import pytest
import torch

from ganmend.files import cache
from ganmend.files.cache import CachedKept, cached, kept_in_cache, remove_oldest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "ganmend"


def test_each_fact_and_their_order_give_another_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [["a", 1, None], ["a", 2, None], [1, "a", None], ["a", 1], ["a", "1", None]]
    names = {cached("ranking", given) for given in facts} | {cached("diagnosis", facts[0])}
    assert len(names) == 6
    assert cached("ranking", facts[0]) in names, "the same each time"
    assert {path.parent for path in names if path} == {home}
    monkeypatch.setattr(cache, "version", lambda name: "another")
    assert cached("ranking", facts[0]) not in names


def test_names_stay_short_whatever_the_facts() -> None:
    path = cached("ranking", ["x" * 5000])
    assert path is not None
    assert len(path.name) < 60


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert cached("ranking", []) is None


def test_what_cannot_be_written_is_not_kept_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = CachedKept(tmp_path / "file" / "inside")
    kept.put("a", 1)
    kept.put_tensors("b", {"c": torch.ones(1)})
    assert (kept.value("a"), kept.tensors("b")) == (None, None)
    CachedKept(tmp_path / "there").put("a", 1)
    assert CachedKept(tmp_path / "there").value("a") == 1


def test_the_oldest_go_and_what_is_not_ours_stays(home: Path) -> None:
    home.mkdir()
    gone, ours = (home / f".diagnosis-x.json.{process}.partial" for process in (4_194_303, os.getpid()))
    gone.touch()
    ours.touch()
    for age, name in enumerate(
        ("diagnosis-new", "diagnosis-middle", "diagnosis-foreign", "diagnosis-old", "ranking-a")
    ):
        CachedKept(home / name).put("classes", {})
        os.utime(home / name, (1e9 - age, 1e9 - age))
    (home / "diagnosis-foreign" / "mine.txt").write_text("")
    os.utime(home / "diagnosis-foreign", (1e9 - 2, 1e9 - 2))
    (home / "diagnosis-link").symlink_to(home / "ranking-a")
    os.utime(home / "diagnosis-link", (1e8, 1e8), follow_symlinks=False)
    (home / "diagnosis-old" / ".classes.json.7.partial").touch()
    os.utime(home / "diagnosis-old", (1e9 - 3, 1e9 - 3))
    remove_oldest(home, "diagnosis", 1)
    assert (gone.exists(), ours.exists()) == (False, True), "what a killed process left goes"
    assert (home / "diagnosis-new" / "classes.json").exists()
    assert (home / "ranking-a" / "classes.json").exists(), "a link goes, what it leads to stays"
    assert not (home / "diagnosis-link").is_symlink()
    assert not (home / "diagnosis-middle").exists()
    assert not (home / "diagnosis-old").exists()
    assert (home / "diagnosis-foreign" / "mine.txt").exists()
    remove_oldest(home / "nowhere", "diagnosis", 1)


def test_rows_of_two_processes_are_not_mixed(home: Path) -> None:
    with kept_in_cache(home / "a") as first, kept_in_cache(home / "a") as second:
        for kept in (first, second):
            kept.add("rows", {"x": torch.ones(1)})
            kept.write_rows()
            kept.put("value", 1)
        assert len(first.rows("rows")["x"]) == 1
        assert second.rows("rows") == {}
        assert second.value("value") == 1
        second.forget("rows")
        assert len(first.rows("rows")["x"]) == 1
    with kept_in_cache(home / "a") as third:
        assert len(third.rows("rows")["x"]) == 1
    with kept_in_cache(None) as nothing:
        assert nothing.folder is None
