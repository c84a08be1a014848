"""A store at a URL does what a local one does, and says in one line why it cannot."""

import importlib
import uuid

import pytest

from ganmend.errors import OptionError, OutputError
from ganmend.runs.items.remote_store import FsspecStore, store_at
from ganmend.runs.items.store import LocalStore


@pytest.fixture(params=["memory", "file"])
def url(request, tmp_path):
    return f"memory://{uuid.uuid4().hex}/run" if request.param == "memory" else f"file://{tmp_path}/run"


def test_what_was_put_is_there_for_another_store_of_the_url(url):
    FsspecStore(url).put("search/7/0.json", b"first")
    FsspecStore(url).put("search/7/0.json", b"second")
    assert FsspecStore(url).get("search/7/0.json") == b"second"
    assert FsspecStore(url).names() == ["search/7/0.json"]


def test_what_was_never_put_is_none_and_has_no_name(url):
    assert FsspecStore(url).get("a") is None
    assert FsspecStore(url).names() == FsspecStore(url).names("a/b") == []


def test_names_by_what_they_begin_with(url):
    store = FsspecStore(url)
    for name in ("search/2.json", "search/1.json", "search/10/x", "seed", "judge/1.json"):
        store.put(name, b"")
    assert store.names() == ["judge/1.json", "search/1.json", "search/10/x", "search/2.json", "seed"]
    assert store.names("search/1") == ["search/1.json", "search/10/x"]
    assert store.names("se") == ["search/1.json", "search/10/x", "search/2.json", "seed"]


@pytest.mark.parametrize("broken", ["pipe_file", "mv"])
def test_what_breaks_off_leaves_what_was_there(url, broken, monkeypatch):
    store = FsspecStore(url)
    store.put("search/1", b"whole")

    def break_off(files, path, *args, **kwargs):
        if broken == "pipe_file":
            with files.open(path, "wb") as half:
                half.write(b"ha")
        raise TimeoutError("the line\nis dead")

    monkeypatch.setattr(type(store._files), broken, break_off)
    with pytest.raises(OutputError, match=r"cannot write \S*/run/search/1: the line is dead; see to the connection"):
        store.put("search/1", b"other")
    assert (store.get("search/1"), store.names()) == (b"whole", ["search/1"])


def test_what_cannot_be_read_is_not_taken_for_missing(url, monkeypatch):
    store = FsspecStore(url)
    store.put("a", b"")

    def refuse(*args, **kwargs):
        raise PermissionError("403 Forbidden")

    monkeypatch.setattr(type(store._files), "cat_file", refuse)
    monkeypatch.setattr(type(store._files), "find", refuse)
    with pytest.raises(OutputError, match=r"cannot read .*403 Forbidden"):
        store.get("a")
    with pytest.raises(OutputError, match=r"cannot list .*403 Forbidden"):
        store.names()


def test_folders_and_file_urls_are_local_stores(tmp_path):
    store_at(f"file://{tmp_path}/a").put("x", b"1")
    store_at(str(tmp_path / "a")).put("y", b"2")
    assert LocalStore(tmp_path / "a").names() == ["x", "y"]
    assert isinstance(store_at("memory://a"), FsspecStore)


def test_an_unknown_kind_of_file_system_is_told():
    with pytest.raises(OptionError, match="s4://b/run cannot be had: s4:// is no kind of file system that fsspec know"):
        store_at("s4://b/run")


def test_a_missing_package_is_told_with_its_name(monkeypatch):
    known = {"s9": {"class": "no_such_package.S9", "err": "Install no_such_package to access S9"}}
    monkeypatch.setattr(importlib.import_module("fsspec.registry"), "known_implementations", known)
    with pytest.raises(OptionError, match="s9://b/run cannot be had: Install no_such_package to access S9"):
        store_at("s9://b/run")
