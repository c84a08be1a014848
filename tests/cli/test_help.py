"""`--help` says the true defaults: what it shows is what is used, and where it shows no value it says what is done."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command

from ganmend.cli import VERBS, app
from ganmend.runs.demo_run import demo_request
from ganmend.search.config import PRESETS
from ganmend.targets.sources.bundled import load_bundled
from ganmend.workbench.defaults import BUNDLED
from ganmend.workbench.workbench import Workbench
from tests.cli.command import QUICK, TINY, names, run

# What a verb's options are given to, where that has defaults of its own: option to parameter.
GIVEN_TO: dict[str, tuple[Callable[..., object], dict[str, str]]] = {
    "diagnose": (Workbench.diagnose, {"-n": "n", "--seed": "seed"}),
    "repair": (Workbench.mend, {"--seed": "seed", "--preset": "preset"}),
    "sample": (Workbench.sample, {"-n": "n", "--seed": "seed"}),
    "evaluate": (Workbench.evaluate, {"-n": "n", "--seed": "seed"}),
    "demo": (demo_request, {"-n": "n", "--seed": "seed", "--device": "device"}),
}


def options(verb: str) -> dict[str, tuple[object, str, bool]]:
    """Default, help and whether it must be given, of each option of a verb."""
    found = get_command(app).commands[verb].params  # type: ignore[attr-defined]
    return {
        each.opts[0]: (each.default, each.help or "", each.required)
        for each in found
        if each.opts[0].startswith("-") and each.name != "help"
    }


@pytest.mark.parametrize("verb", VERBS)
def test_an_option_without_a_value_says_what_is_done_without_it(verb: str) -> None:
    for name, (default, said, required) in options(verb).items():
        if default in ("", None) and not required:
            assert "default " in said, name


@pytest.mark.parametrize("verb", VERBS)
def test_values_are_shown(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert run(monkeypatch, verb, "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    for name, (default, _, _) in options(verb).items():
        if default not in ("", None, False):
            (line,) = [line for line in lines if f" {name} " in line and line.startswith("│")]
            assert f"[default: {default}]" in line


@pytest.mark.parametrize("verb", GIVEN_TO)
def test_the_same_defaults_hold_in_python(verb: str) -> None:
    called, parameters = GIVEN_TO[verb]
    for option, parameter in parameters.items():
        assert options(verb)[option][0] == inspect.signature(called).parameters[parameter].default


@pytest.fixture
def _as_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real loader in place of the stand-ins of this folder."""
    monkeypatch.setattr(
        "ganmend.workbench.networks.load_classifier", lambda name, **_: load_bundled(name.removeprefix("demo:"))
    )


@pytest.mark.usefixtures("_as_bundled")
def test_the_bundled_networks_are_those_that_help_names() -> None:
    for verb, option, name in (
        ("diagnose", "--classifier", BUNDLED.judges[0]), ("repair", "--classifier", BUNDLED.classifier),
        ("repair", "--judge", BUNDLED.judges[0]), ("evaluate", "--judge", BUNDLED.judges[0]),
        ("bench", "--classifier", BUNDLED.classifier),
    ):  # fmt: skip
        assert f"default {name} for 'demo'" in options(verb)[option][1]
    bench = Workbench("demo")
    assert bench.judge is not None
    assert (bench.classifier.name, bench.judge.name) == (BUNDLED.classifier, BUNDLED.judges[0])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_presets_own_settings_are_used_where_none_is_typed(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["repair", TINY, "frog", "--classifier", "tiny", "--preset", preset, *QUICK, *names()]
    assert run(monkeypatch, *words) == 0
    config = json.loads(Path("runs/repair-seed0/frog/config.json").read_text())
    assert (config["init"], config["memory"]) == (PRESETS[preset].init, PRESETS[preset].memory)
    assert config["judge"] is None, "no verdict without a judge"
