"""Python and the command line give the same edit and the same verdict for the same settings, photographs included."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

import ganmend
from ganmend.models.protocol import Generator
from tests.cli.command import QUICK, SAMPLES, TINY, names, run

CONFIG = replace(ganmend.PRESETS["default"], steps=2, latents=4, validation_latents=4, trials=1)


@pytest.fixture(autouse=True)
def _photographs() -> None:
    Path("real").mkdir()
    for index in range(14):
        Image.effect_noise((40, 40), 20 + 10 * index).convert("RGB").save(f"real/{index:02}.png")


@pytest.mark.parametrize("real", ["real", None])
@pytest.mark.parametrize("verb", ["repair", "repurpose", "debias"])
def test_mending(verb: str, real: str | None, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [verb, TINY, "frog", "--classifier", "tiny", "--judge", "other", "--seed", "3", "--out", "o"]
    assert run(monkeypatch, *words, *(["--real", real] if real else []), *QUICK, *names()) == 0
    mend = {"repair": ganmend.repair, "repurpose": ganmend.repurpose, "debias": ganmend.debias}[verb]
    mended = mend(
        tiny_generator, "frog", classifier="tiny", judge="other", real=real, config=CONFIG, seed=3, samples=SAMPLES
    )
    typed = ganmend.load_result("o")
    assert torch.equal(typed.after.vectors, mended.after.vectors)
    assert mended.verdict is not None
    assert typed.verdict == mended.verdict
    assert (mended.verdict.after.coverage is None) == (real is None)
    assert typed.history == mended.history
    assert (typed.history[0]["matching"] != 0) == (real is not None), "photographs guide the search"
    if real is None:
        assert mended.before is not None
        judged = [
            ganmend.evaluate(tiny_generator, edit, judge="other", target="frog", n=SAMPLES)
            for edit in (mended.before, mended.after)
        ]
        # Who only evaluates knows no classifier that led a search.
        verdicts = (mended.verdict.before, mended.verdict.after)
        assert [replace(verdict, search_accuracy=None) for verdict in verdicts] == judged
    mended.save("p")
    config, asked = (json.loads(Path(f"{place}/config.json").read_text()) for place in "po")
    request = asked.pop("request")
    assert config == asked
    # What was typed can be run again: it is the request, resolved.
    assert (request["task"], request["target"], request["real"]) == (verb, "frog", real or "")
    assert (request["seed"], request["samples"], request["generator"]["path"]) == (3, SAMPLES, TINY)


def test_evaluating(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", TINY, "cat", "--target", "frog", "--judge", "other", "--real", "real", "-n", "9", "--json"]
    assert run(monkeypatch, *words, *names()) == 0
    found = ganmend.evaluate(tiny_generator, "cat", target="frog", judge="other", real="real", n=9)
    answer = json.loads(capsys.readouterr().out)
    assert {key: answer[key] for key in found.as_dict()} == found.as_dict()
    assert found.coverage is not None


def test_diagnosing(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "diagnose", TINY, "--classifier", "tiny", "-n", "8", "--json", *names()) == 0
    answer = json.loads(capsys.readouterr().out)
    found = ganmend.diagnose(tiny_generator, judge="tiny", n=8)
    assert answer["rule"] == found.rule
    rows = [(entry.name, entry.mark, entry.severity, entry.verdict.judge_accuracy) for entry in found.classes]
    assert [
        tuple(row[key] for key in ("class", "mark", "severity", "judge_accuracy")) for row in answer["classes"]
    ] == rows
