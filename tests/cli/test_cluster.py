"""sweep --cluster and --mirror: what cannot be is told in a line, before anything is loaded or written."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.cli.command import run


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cluster", "local"), "--cluster needs the package ray: pip install 'ganmend[ray]'"),
        (("--cluster", "auto", "--workers", "2"), "--workers 2 came with --cluster auto, which has its own"),
        (("--mirror", "s4://bucket/run"), "s4:// is no kind of file system that fsspec knows"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    options: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run(monkeypatch, "sweep", "no such generator", "--classes", "frog", "--out", "o", *options) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert not Path("o").exists()


def test_an_address_where_nothing_answers_is_told_before_the_generator_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    command = ("sweep", "no such generator", "--classes", "frog", "--out", "o", "--cluster", "127.0.0.2:1")
    assert run(monkeypatch, *command) == 2
    assert "no cluster answers at 127.0.0.2:1" in capsys.readouterr().err
