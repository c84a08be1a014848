"""`--json` prints one object with the keys that docs/command_line.md names, and never NaN or infinity."""

import json
import re
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pytest

from ganmend.catalog.load import load_generator
from ganmend.metrics.verdict import Verdict
from ganmend.workbench.step_cost import StepCost
from tests.cli.command import QUICK, SAMPLES, TINY, names, run

DOCUMENT = Path(__file__).parents[2] / "docs" / "command_line.md"
FIGURES = {entry.name for entry in fields(Verdict)} - {"halves", "counts"}  # which are not saved
COST = {entry.name for entry in fields(StepCost)}
JUDGED = ["--classifier", "tiny", "--judge", "other", "--out", "o", *QUICK, *names()]
VERBS = {
    "info": ["info", TINY],
    "classes": ["classes", TINY, *names()],
    "nearest": ["nearest", TINY, "frog", *names()],
    "diagnose": ["diagnose", TINY, "--classifier", "tiny", "-n", "8", "--seed", "3", *names()],
    "repair": ["repair", TINY, "frog", *JUDGED],
    "repurpose": ["repurpose", TINY, "6", *JUDGED],
    "debias": ["debias", TINY, "frog", *JUDGED],
    "evaluate": ["evaluate", TINY, "2", "--target", "frog", "--judge", "other", "-n", "9", *names()],
    "sample": ["sample", TINY, "frog", "-n", "2", "--out", "p.png", *names()],
    "bench": ["bench", TINY, "--classifier", "tiny", "--batch", "2", "--precision", "float32"],
}


def refuse(constant: str) -> object:
    raise AssertionError(f"{constant} is no JSON")


def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run(monkeypatch, *words, "--json") == 0
    found = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert isinstance(found, dict)
    assert found["versions"] == {"ganmend": version("ganmend"), "torch": version("torch")}
    return found


def documented(verb: str) -> set[str]:
    """The keys of a verb's answer by the document: those that stand in backticks outside parentheses."""
    rows = [line.split("|")[1:3] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    (text,) = [keys for verbs, keys in rows if f"`{verb}`" in verbs]
    outside = re.sub(r"\([^()]*\)|[\[\]]", "", text)  # of a link its words stay
    own = {verb} if "the verb's own name" in text else set()
    figures = FIGURES if outside.lstrip().startswith("the judge's figures") else set()
    return (
        {"versions"}
        | set(re.findall(r"`(\w+)`", outside))
        | own
        | figures
        | (COST if "a step's cost" in text else set())
    )


@pytest.mark.parametrize("verb", VERBS)
def test_the_keys_are_those_of_the_document(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(answer(monkeypatch, capsys, *VERBS[verb])) == documented(verb)


def test_every_answer_says_which_class_by_index_and_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frog, bird = {"index": 6, "name": "frog"}, {"index": 2, "name": "bird"}
    said = answer(monkeypatch, capsys, *VERBS["evaluate"])
    assert (said["class"], said["target"]) == (bird, frog)
    said = answer(monkeypatch, capsys, *VERBS["repair"])
    assert said["repair"]["frog"]["class"] == said["repair"]["frog"]["before_class"] == frog
    said = answer(monkeypatch, capsys, *VERBS["repurpose"], "--overwrite")
    before = json.loads(Path("o/config.json").read_text())["before_index"]
    assert said["repurpose"]["frog"]["class"] == frog
    assert said["repurpose"]["frog"]["before_class"] == {"index": before, "name": load_names()[before]}
    said = answer(monkeypatch, capsys, *VERBS["diagnose"])
    assert {entry["index"]: entry["class"] for entry in said["classes"]} == dict(enumerate(load_names()))
    said = answer(monkeypatch, capsys, *VERBS["nearest"])
    assert (said["nearest"][0][0]["index"], said["nearest"][0][0]["name"]) == (6, "frog")


def load_names() -> list[str]:
    return Path("names.txt").read_text().split()


def test_a_class_that_the_generator_does_not_have_has_no_index(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("other.txt").write_text("\n".join(["owl" if name == "frog" else name for name in load_names()]))
    words = ["repurpose", TINY, "frog", "--classifier", "tiny", "--out", "o", *QUICK, "--class-names", "other.txt"]
    said = answer(monkeypatch, capsys, *words)
    assert said["repurpose"]["frog"]["class"] == {"index": None, "name": "frog"}
    assert run(monkeypatch, "evaluate", TINY, "o", "--judge", "other", "-n", "9", "--class-names", "other.txt") == 0
    assert "frog (not the generator's), judged by" in " ".join(capsys.readouterr().out.split())


def test_every_answer_says_by_what_it_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gan = load_generator(TINY)
    for verb in ("repair", "evaluate", "diagnose"):
        said = answer(monkeypatch, capsys, *VERBS[verb])
        assert said["generator"]["source"] == TINY
        assert said["generator"]["fingerprint"] == gan.fingerprint
        assert said["generator"]["truncation"] == gan.truncation
        assert said["generator"]["precision"] in ("float32", "bfloat16")
        assert said["generator"]["device"] == "cpu"
        judge = "tiny0" if verb == "diagnose" else "tiny1"
        assert said["judge"] == {"name": "tiny", "fingerprint": judge}
        expected = {"repair": (0, SAMPLES), "evaluate": (1000, 9), "diagnose": (3, 8)}[verb]
        assert (said["seed"], said["n"]) == expected
    assert answer(monkeypatch, capsys, *VERBS["classes"], "--bn-eps", "0.5")["generator"]["function"] not in (
        said["generator"]["function"],
        "",
    )


def test_people_read_index_and_name_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, *VERBS["repair"]) == 0
    assert "repair frog (class 6)" in capsys.readouterr().out
    assert run(monkeypatch, *VERBS["evaluate"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "bird (class 2) as frog (class 6), judged by tiny on 9 samples" in shown
