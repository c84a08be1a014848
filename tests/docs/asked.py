"""Commands that are not run: whether what they ask for is there at all."""

import re
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from typer.main import get_command

from ganmend.cli import app
from tests.docs.blocks import ROOT

ELSEWHERE = ("hf", "huggingface-cli", ".", "git", "cd", "nvidia-smi", "docker", "curl", "tensorboard")


def check_ganmend(words: list[str]) -> None:
    """The verb, its options and the kinds of their values are known."""
    verb, *rest = words
    known = get_command(app).commands  # type: ignore[attr-defined]
    assert verb in known, f"no verb {verb}"
    with known[verb].make_context(verb, rest):
        pass


def check_python(words: list[str]) -> None:
    """A program or module is there, and mentions every option; code compiles."""
    if words[0] == "-c":
        compile(words[1], "-c", "exec")
    elif words[0] == "-m":
        assert find_spec(words[1]) is not None, f"no module {words[1]}"
    else:
        program = ROOT / words[0]
        assert program.is_file(), f"no {words[0]}"
        _mentions_options(program, words[1:])


def _mentions_options(program: Path, words: list[str]) -> None:
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert not (unknown := {option for option in options if f'"{option}"' not in program.read_text()}), unknown


def check_make(words: list[str]) -> None:
    """Every target stands in the Makefile."""
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {word for word in words if "=" not in word} <= set(targets), words


def check_pip(words: list[str]) -> None:
    """Every extra of this package stands in pyproject.toml."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for word in words:
        if named := re.fullmatch(r"(?:ganmend|\.)\[(.+)\]", word):
            assert set(named[1].split(",")) <= set(extras), word


def check_pytest(words: list[str]) -> None:
    """Every test file is there."""
    assert all((ROOT / word).exists() for word in words if not word.startswith("-")), words


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "ganmend": check_ganmend,
    "python": check_python,
    "python3": check_python,
    "make": check_make,
    "pip": check_pip,
    "pytest": check_pytest,
}


def check(words: list[str]) -> None:
    """Refuse a command that asks for what is not there."""
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # OMP_NUM_THREADS=1 python ...
        words = words[1:]
    program = words[0].removeprefix(".venv/bin/") if words else ""
    if program not in ELSEWHERE:
        assert program in CHECKS, f"no check for {words}"
        CHECKS[program](words[1:])
