"""Memory that runs out, where less at once cannot be tried, ends a command in one line."""

from pathlib import Path

import pytest

from tests.cli.command import QUICK, TINY, names, run
from tests.models.shortage import SHORTAGES

REPAIR = ["repair", TINY, "frog", "--classifier", "tiny", "--out", "o", *QUICK, *names()]


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_one_line_says_so_and_nothing_is_half_written(
    shortage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(Path().rglob("*"))
    monkeypatch.setattr("ganmend.workbench.workbench.Workbench.prepare", lambda *_: SHORTAGES[shortage]())
    assert run(monkeypatch, *REPAIR) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("ganmend: memory ran out (")
    assert said.count("free some, or raise the limit") == 1
    assert "Traceback" not in said
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("error", [OSError(12, "Cannot allocate memory"), ImportError("x.so: cannot allocate memory")])
def test_the_system_says_it_otherwise(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("ganmend.workbench.workbench.Workbench.prepare", fail)
    assert run(monkeypatch, *REPAIR) == 1
    assert "memory ran out" in capsys.readouterr().err


def test_another_fault_is_no_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("ganmend.workbench.workbench.Workbench.prepare", fail)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        run(monkeypatch, *REPAIR)
