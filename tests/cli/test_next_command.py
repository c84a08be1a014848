"""A mistake's line ends with what to type next, where that is known."""

import pytest

from tests.cli.command import TINY, names, run

TYPED = {
    "a class that it does not have": (
        ["repair", "demo", "truck", "--classifier", "tiny", "--judge", "other"],
        "; 'ganmend classes demo' lists all, 'ganmend repurpose' makes new ones",
    ),
    "a class to draw": (["sample", TINY, "lorry", "--out", "o"], f"; 'ganmend classes {TINY}' lists all"),
    "a class that is not there to look at": (
        ["diagnose", TINY, "--classifier", "tiny", "--only", "lorry"],
        f"; 'ganmend classes {TINY}' lists all",
    ),
    "a class to sweep": (
        ["sweep", TINY, "--classes", "lorry", "--classifier", "tiny", "--judge", "other"],
        f"; 'ganmend classes {TINY}' lists all",
    ),
    "words that no class has": (["classes", TINY, "--search", "zzz"], f"; 'ganmend classes {TINY}' lists all"),
    "no embedding": (["export", TINY, "gone.npy", "--out", "o.pth"], "; give a file, or a folder that repair wrote"),
    "no class": (["repair", TINY, "--classifier", "tiny"], "; 'ganmend diagnose' tells which are sick"),
    "no new class": (
        ["repurpose", TINY, "--classifier", "tiny"],
        "name one or several after the generator; try 'ganmend repurpose --help'",
    ),
    "a setting": (["repair", TINY, "frog", "--classifier", "tiny", "--set", "a=1"], "; try 'ganmend repair --help'"),
    "no options file": (["paper", "none.yaml"], "of qilimk/biggan-am; try 'ganmend paper --help'"),
    "a class that the classifier does not have": (["repurpose", TINY, "lorry", "--classifier", "tiny"], "horse"),
}


@pytest.mark.parametrize("mistake", TYPED, ids=lambda name: name.replace(" ", "-"))
def test_the_line_ends_with_it(
    mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, end = TYPED[mistake]
    assert run(monkeypatch, *words, *(names() if TINY in words else [])) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.endswith(end)
