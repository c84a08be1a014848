"""Results go to stdout, progress and warnings to stderr."""

import json

import pytest

from tests.cli.command import QUICK, TINY, names, run

SEARCH = ("--classifier", "tiny", "--judge", "other", *QUICK)
VERBS = {
    "diagnose": (["diagnose", TINY, "--classifier", "tiny", "-n", "8"], "diagnosing"),
    "evaluate": (["evaluate", TINY, "frog", "--judge", "other", "-n", "9"], "judging"),
    "repair": (["repair", TINY, "frog", "--out", "o", *SEARCH], "searching"),
}


@pytest.fixture
def _a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars are drawn on terminals only; both streams say that they are one."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")


@pytest.mark.usefixtures("_a_terminal")
@pytest.mark.parametrize("verb", VERBS)
def test_json_alone_is_on_stdout(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, stage = VERBS[verb]
    assert run(monkeypatch, *words, "--json", *names()) == 0
    captured = capsys.readouterr()
    assert isinstance(json.loads(captured.out), dict)
    assert stage in captured.err


@pytest.mark.usefixtures("_a_terminal")
def test_what_was_written_is_said_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "sample", TINY, "frog", "-n", "3", "--out", "folder", *names()) == 0
    captured = capsys.readouterr()
    assert captured.out == "frog: frog (class 6)\nwritten to folder\n"
    assert "drawing" in captured.err
