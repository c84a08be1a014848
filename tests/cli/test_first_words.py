"""What a user types first: the version, help; and what that must not import."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from ganmend.cli import VERBS
from tests.cli.command import TINY, run

# Each takes longer to import than help takes to print.
SLOW = {"torch", "torchvision", "timm", "torchmetrics", "PIL", "numpy", "jinja2", "safetensors", "huggingface_hub"}


def imported_by(*words: str) -> set[str]:
    """Which of SLOW a new process holds after `ganmend WORDS`, or after importing the command line."""
    call = "main()" if words else "pass"
    code = (
        f"import sys; sys.argv = ['ganmend', *{list(words)!r}]\n"
        "import ganmend.cli\nfrom ganmend.__main__ import main\n"
        f"try: {call}\nexcept SystemExit as stop: assert not stop.code\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return SLOW & set(ran.stderr.split())


def test_the_version_is_the_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr() == (f"ganmend {version('ganmend')}\n", "")


def test_help_names_every_verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert list(VERBS) == [
        "info", "classes", "nearest", "diagnose", "repair", "repurpose", "debias", "sweep", "resume", "sample",
        "augment", "evaluate", "compare", "statistics", "export", "convert", "push-to-hub", "paper", "demo", "bench",
        "studio",
    ]  # fmt: skip
    for verb, command in VERBS.items():
        assert f" {verb} " in said
        assert command.__doc__ is not None
        assert command.__doc__.split()[0] in said


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, verb, "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"ganmend {verb} [OPTIONS]" in said
    first = (VERBS[verb].__doc__ or "").split(".")[0].split()[:6]
    assert " ".join(first) in said


def test_help_imports_nothing_slow() -> None:
    assert imported_by() == set()
    assert imported_by("--help") == set()
    assert imported_by("repair", "--help") == set()


def test_info_imports_what_reads_a_checkpoint_and_no_more() -> None:
    assert imported_by("info", TINY) == {"torch", "numpy", "safetensors"}
