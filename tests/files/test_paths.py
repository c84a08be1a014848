"""Where caches go, and what files are called that are named for what users call things."""

from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files.paths import cache_home, file_name


def test_the_cache_is_where_the_variable_says_or_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/where")
    assert cache_home() == Path("/some/where")
    monkeypatch.setenv("HOME", "/home/of/mine")
    for none in ("", "relative/place"):  # neither is a place, by the XDG Base Directory Specification
        monkeypatch.setenv("XDG_CACHE_HOME", none)
        assert cache_home() == Path("/home/of/mine/.cache")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_home() == Path("/home/of/mine/.cache")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(OutputError, match="no home folder; set HOME or XDG_CACHE_HOME"):
        cache_home()


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("frog", "frog"),
        ("tench, Tinca tinca", "tench, Tinca tinca"),
        ("a/b", "a_b"),
        ("..", "_."),
        (".", "_"),
        ("", "_"),
        (".ganmend.json", "_ganmend.json"),
        ("x" * 300, "x" * 200),
        ("\u9752" * 100, "\u9752" * 66),  # three bytes each
    ],
)
def test_any_label_names_a_file(label: str, name: str, tmp_path: Path) -> None:
    assert file_name(label) == name
    (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [name]
