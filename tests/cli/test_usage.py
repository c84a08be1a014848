"""What is typed wrongly is answered in one plain line that says what came, what was expected and where to read on."""

import pytest

from tests.cli.command import TINY, run

SAMPLE = ["sample", TINY, "0", "--out", "o"]
TYPED = {
    "unknown option": (["info", TINY, "--wrong"], "ganmend info: no such option: --wrong; "),
    "misspelt option": (["info", TINY, "--jsn"], "did you mean one of (--json, --sn-eps)"),
    "setting as an option": (["repair", TINY, "frog", "--steps", "5"], "steps is a setting of the search, no option; "),
    "setting of two words": (["sweep", TINY, "--learning-rate=3"], "; expected --set learning_rate=VALUE; "),
    "setting without a search": (["sample", TINY, "frog", "--steps", "5"], "no such option: --steps; "),
    "unknown letter": (["info", TINY, "-x"], "no such option: -x;"),
    "option of no verb": (["--vers"], "ganmend: no such option: --vers; did you mean one of (--version);"),
    "unknown verb": (
        ["smaple", TINY],
        "ganmend: no such command 'smaple'; did you mean 'sample'; try 'ganmend --help'",
    ),
    "missing argument": (["repair"], "ganmend repair: GENERATOR is missing; expected a checkpoint's path"),
    "second missing argument": (["nearest", TINY], "CLASS|FILE is missing; expected a class, an embedding file"),
    "missing option": (["sample", TINY, "0"], "ganmend sample: --out is missing; expected a folder"),
    "option without its value": (["info", TINY, "--format"], "ganmend info: option '--format' requires an argument"),
    "value that a flag has not": (["info", TINY, "--json=3"], "option '--json' does not take a value"),
    "argument too many": (["info", TINY, "more"], "got unexpected extra argument(s) (more)"),
    "letters": ([*SAMPLE, "-n", "x"], "ganmend sample: -n is 'x'; expected a whole number"),
    "fraction": ([*SAMPLE, "--seed", "2.5"], "--seed is '2.5'; expected a whole number"),
    "nothing": ([*SAMPLE, "-n", ""], "-n is ''; expected a whole number"),
    "thousands of digits": ([*SAMPLE, "-n", "9" * 5000], "; expected a whole number"),
    "no number": ([*SAMPLE, "--truncation", "half"], "--truncation is 'half'; expected a number"),
}


@pytest.mark.parametrize("typed", TYPED, ids=lambda name: name.replace(" ", "-"))
def test_one_line(typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words, expected = TYPED[typed]
    assert run(monkeypatch, *words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("ganmend")
    assert expected in line
    verb = "" if words[0] in ("--vers", "smaple") else f" {words[0]}"
    assert line.endswith(f"; try 'ganmend{verb} --help'")
    assert len(line) < 250


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("option", ["--truncation", "--bn-eps", "--sn-eps"])
def test_numbers_that_are_none(
    option: str, number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *SAMPLE, option, number) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{option[2:].replace('-', '_')} is {number}; expected a number above 0" in line


def test_nothing_typed_is_answered_by_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch) == 0
    alone = capsys.readouterr()
    assert run(monkeypatch, "--help") == 0
    assert capsys.readouterr() == alone
    assert "Usage: ganmend [OPTIONS] COMMAND" in alone.out
