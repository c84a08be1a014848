"""`diagnose` of some classes: what they are held against is said in words and in JSON; mistakes are one line."""

import json
from pathlib import Path

import pytest

from tests.cli.command import TINY, names, run

WORDS = ["diagnose", TINY, "--classifier", "tiny", "-n", "6", "--seed", "9", *names()]


@pytest.fixture(autouse=True)
def _without_ms_ssim(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes most of the time, and marks nothing."""
    monkeypatch.setattr("ganmend.metrics.verdict.ms_ssim_within", lambda images, seed: 0.5)


def test_only_those_asked_for_are_shown_against_the_median_of_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *WORDS, "--json") == 0
    whole = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, *WORDS, "--only", "frog,8-9", "--json") == 0
    some = json.loads(capsys.readouterr().out)
    of_some = [entry for entry in whole["classes"] if entry["index"] in (6, 8, 9)]
    assert some["classes"] == of_some
    assert (whole["median_of"], some["median_of"]) == ([*range(10)], [*range(10)])
    assert (whole["notes"], some["notes"]) == ([], ["the median class is that of all 10 classes that tiny knows"])
    assert run(monkeypatch, *WORDS, "--only", "frog,8-9") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "the median class is that of all 10 classes that tiny knows" in said
    assert " 6 frog " in said
    assert " 0 airplane " not in said


def test_the_worst_alone_are_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, *WORDS, "--json") == 0
    sick = [entry for entry in json.loads(capsys.readouterr().out)["classes"] if entry["mark"]]
    assert run(monkeypatch, *WORDS, "--worst", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["classes"] == sick[:2]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("frgo", "ganmend: only: the generator has no class 'frgo'; the nearest are: frog"),
        ("frog,6", "ganmend: only lists class 6, 'frog', again; list each class once"),
        ("", "ganmend: only lists no class; expected names, indices or ranges such as 0-99"),
        ("3-12", "ganmend: only: class index 12 is outside 0 to 9"),
    ],
)
def test_a_list_that_cannot_be_used_ends_with_one_line(
    typed: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *WORDS, "--only", typed) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.strip().splitlines()
    assert line.startswith(told)
    assert captured.out == ""


def test_the_last_line_says_where_the_page_lies(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *WORDS, "--only", "frog", "--out", "sick") == 0
    assert capsys.readouterr().out.endswith("\nwritten to sick\n")
    assert Path("sick/report.html").is_file()
    assert run(monkeypatch, *WORDS, "--only", "frog") == 0
    assert "written to" not in capsys.readouterr().out
