"""--figures and --tensorboard: what they add to a result directory, and that a missing package is told at once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ganmend.cli.extras import ExtraOptions
from ganmend.files.mark import MARK
from ganmend.models.protocol import Generator
from ganmend.workbench.request import MendRequest
from tests.cli.command import QUICK, TINY, run
from tests.workbench.made_result import made_result


@pytest.mark.parametrize(("option", "package"), [("--figures", "matplotlib"), ("--tensorboard", "tensorboard")])
def test_a_missing_package_is_told_before_the_generator_is_read(
    option: str, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(monkeypatch, "repair", "no such generator", "frog", option, "--out", "o") == 2
    said = capsys.readouterr().err
    assert f"{option} needs the package {package}" in said
    assert len(said.splitlines()) == 1
    assert not Path("o").exists()


def test_files_are_added_to_the_result_and_are_its_own(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def saved(path: Path, *_: object) -> None:
        path.write_bytes(b"a figure")

    monkeypatch.setattr("ganmend.report.paper_figures.save_samples", saved)
    monkeypatch.setattr("ganmend.report.paper_figures.save_curves", saved)
    monkeypatch.setattr("ganmend.report.events.save_events", lambda folder, _: saved(folder / "events"))
    result = made_result(tiny_generator)
    folder = result.save(tmp_path / "out")
    before = {path.name for path in folder.iterdir()}
    ExtraOptions().write(result, folder)
    assert {path.name for path in folder.iterdir()} == before
    ExtraOptions(figures=True, tensorboard=True).write(result, folder)
    assert {path.name for path in (folder / "figures").iterdir()} == {"samples.pdf", "curves.pdf", "table.tex"}
    assert [path.name for path in (folder / "tensorboard").iterdir()] == ["events"]
    assert "repair frog" in (folder / "figures/table.tex").read_text()
    assert {"figures/table.tex", "tensorboard/events", "report.html"} <= set(
        json.loads((folder / MARK).read_text())["files"]
    )
    result.save(folder, overwrite=True)
    assert {path.name for path in folder.iterdir()} == before, "they go with the result that they belong to"
    ExtraOptions(figures=True).write(replace(result, verdict=None, history=[]), folder)
    assert [path.name for path in (folder / "figures").iterdir()] == ["samples.pdf"]


def test_resume_writes_what_the_command_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[ExtraOptions] = []
    checked: list[ExtraOptions] = []
    monkeypatch.setattr(ExtraOptions, "check", lambda self: checked.append(self))
    monkeypatch.setattr(ExtraOptions, "write", lambda self, result, folder: written.append(self))

    def end(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = ["repair", TINY, "frog", "--classifier", "tiny", *QUICK, "--set", "init=target"]
    with monkeypatch.context() as patched:
        patched.setattr("ganmend.workbench.workbench.Workbench.mend", end)
        assert run(patched, *words, "--class-names", "names.txt", "--tensorboard", "--out", "o") == 130
    written.clear()
    checked.clear()
    monkeypatch.setattr("ganmend.runs.resume.MendRequest", MendRequest)  # in place of the folder's stand-in
    assert run(monkeypatch, "resume", "o") == 0
    assert checked == written == [ExtraOptions(tensorboard=True)]


def test_a_verb_that_mends_leaves_photographs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["repair", TINY, "frog", "--classifier", "tiny", *QUICK, "--set", "init=target"]
    assert run(monkeypatch, *words, "--class-names", "names.txt", "--no-photographs", "--out", "o") == 0
    assert json.loads(Path("o/config.json").read_text())["request"]["show_photographs"] is False


def test_a_verb_that_mends_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ExtraOptions] = []
    monkeypatch.setattr(ExtraOptions, "check", lambda self: None)
    monkeypatch.setattr(ExtraOptions, "write", lambda self, result, folder: asked.append(self))
    words = ["frog", "--classifier", "tiny", "--set", "steps=1", "--set", "latents=2", "--set", "validation_latents=2"]
    words += ["--class-names", "names.txt", "--set", "init=target"]
    assert run(monkeypatch, "debias", TINY, *words, "--figures", "--out", "o") == 0
    assert asked == [ExtraOptions(figures=True)]
