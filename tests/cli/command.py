"""The command line called in this process, on the tiny generator."""

import pytest

from ganmend.cli import main
from tests.conftest import FIXTURES

TINY = str(FIXTURES / "brock_biggan_32.pth")
SAMPLES = 20  # that a judge sees after a command that mends
QUICK = ["--set", "steps=2", "--set", "latents=4", "--set", "validation_latents=4", "--set", "trials=1"]


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Exit status of `ganmend WORDS`."""
    monkeypatch.setattr("sys.argv", ["ganmend", *words])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def names() -> list[str]:
    """The option that gives the tiny generator's classes their names."""
    return ["--class-names", "names.txt"]
