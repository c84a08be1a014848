"""`demo`, ended on the way: an older one stays whole, and what was found is not searched again."""

import json
import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.files.directories import write_directory
from ganmend.runs import demo_run
from ganmend.search.run import Run
from tests.cli.command import QUICK, TINY, run

DEMO = ["demo", "-n", "6", *QUICK]


@pytest.fixture(autouse=True)
def _of_the_tiny_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    source = GeneratorSource(TINY, class_names="names.txt")

    def tiny(**options: object) -> object:
        asked = original(**options)  # type: ignore[arg-type]
        return replace(asked, generator=source, classifier="tiny", judge="other", precision="float32")

    original = demo_run.demo_request
    monkeypatch.setattr(demo_run, "demo_request", tiny)
    monkeypatch.setattr(demo_run, "EDITS", demo_run.EDITS[:2])
    monkeypatch.setattr("ganmend.workbench.result.GRID_SAMPLES", 4)


def count_steps(monkeypatch: pytest.MonkeyPatch, ends_at: int = 0) -> list[int]:
    """The steps of all searches, as they are taken; before one of them Ctrl-C comes."""
    taken: list[int] = []

    def counted(search: Run) -> object:
        taken.append(search.step)
        if len(taken) == ends_at:
            os.kill(os.getpid(), signal.SIGINT)
        return original(search)

    original = Run.take_step
    monkeypatch.setattr(Run, "take_step", counted)
    return taken


def contents(folder: str) -> dict[str, bytes]:
    """All files, but for the date and the seconds that a search took."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    for name in ("demo.json", "report.html"):
        found[name] = re.sub(
            rb'"seconds": [0-9.e-]+|\b\d+ s\b|\d+ seconds?|\d{4}-\d\d-\d\d \d\d:\d\d', b"", found[name]
        )
    return found


def an_older_one(folder: Path) -> None:
    (folder / "older.html").write_text("<html>")


@pytest.mark.long
def test_a_demo_that_was_interrupted_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        whole = count_steps(patch)
        assert run(patch, *DEMO, "--seed", "1") == 0
    expected = contents("demo")
    write_directory(Path("demo"), an_older_one, overwrite=True)
    with monkeypatch.context() as patch:
        count_steps(patch, ends_at=len(whole))  # in the second search
        assert run(patch, *DEMO, "--seed", "1") == 130
    assert "go on by: ganmend resume demo" in capsys.readouterr().err
    assert Path("demo/older.html").exists(), "an older demo stays until there is a new one"
    with monkeypatch.context() as patch:
        again = count_steps(patch)
        assert run(patch, "resume", "demo", "--json") == 0
    assert len(again) < len(whole) / 2 + 1, "the first edit is not searched again"
    assert set(json.loads(capsys.readouterr().out)) >= {"repair", "repurpose"}
    assert contents("demo") == expected
