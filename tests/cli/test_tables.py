"""Tables in the terminal and the JSON beside them: before left, after right, worst and nearest first."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from rich.table import Table

from ganmend.cli.console import verdict_table
from ganmend.cli.demo import _table as demo_table
from ganmend.cli.demo import as_answer
from ganmend.edits.class_edit import ClassEdit
from ganmend.metrics.verdict import Verdict
from ganmend.search.config import PRESETS
from ganmend.workbench.result import MendResult
from tests.cli.command import QUICK, TINY, names, run
from tests.metrics.certain import certain

# No two figures are equal, so that none can stand for another.
BEFORE = Verdict(100, 0.25, 0.11, 0.32, 0.21, 3.5, 0.45, 0.55, 60.5, 0.61, 0.71, 0.75, 0.81, 0.85)
AFTER = Verdict(100, 0.93, 0.91, 0.95, 0.92, 4.5, 0.46, 0.56, 20.5, 0.62, 0.72, 0.76, 0.82, 0.86)


def result(task: str, target: str, before: Verdict, after: Verdict) -> MendResult:
    edit = ClassEdit(torch.ones(1, 4), target=target)
    config = PRESETS["default"]
    verdict = certain(before, after)
    return MendResult(task, target, 0, edit, "tiny", "default", config, 0, seconds=12.25, verdict=verdict)


def cells(table: Table) -> list[list[str]]:
    columns = [list(column.cells) for column in table.columns]
    return [[str(cell) for cell in row] for row in zip(*columns, strict=True)]


def test_the_terminals_table_has_a_column_a_verdict() -> None:
    table = verdict_table("repair frog", {"before": BEFORE, "after": AFTER})
    assert [column.header for column in table.columns] == ["", "before", "after"]
    rows = {row[0]: row[1:] for row in cells(table)}
    assert len(rows) == 11
    assert rows["FID"] == ["60.5", "20.5"]
    assert rows["accuracy"] == ["0.25\n0.11 to 0.32", "0.93\n0.91 to 0.95"]
    assert rows["recall"] == ["0.75", "0.76"]
    assert rows["precision"] == ["0.71", "0.72"]
    known = replace(AFTER, intervals={"fid": (18.25, 1234.5), "kid": (-0.0123, 0.5)})
    shown = {"before": BEFORE, "after": known, "healthy class": BEFORE}
    rows = {row[0]: row[1:] for row in cells(verdict_table("repair frog", shown, certain(BEFORE, known)))}
    assert rows["FID"] == ["60.5", "20.5 better\n18.2 to 1234", "60.5"], "marked after alone"
    assert rows["KID"] == ["0.61", "0.62 worse\n-0.012 to 0.5", "0.61"]
    assert rows["pixel std"] == ["0.55", "0.56", "0.55"]
    console = Console(width=80)
    with console.capture() as shown:
        console.print(table)
    assert "repair frog" in shown.get()


def test_a_figure_that_no_verdict_has_is_left_out() -> None:
    alone = Verdict(100, 0.25, 0.11, 0.32, 0.21, 3.5, 0.45, 0.55)
    rows = {row[0]: row[1:] for row in cells(verdict_table("frog", {"before": alone, "after": AFTER}))}
    assert rows["FID"] == ["–", "20.5"]
    assert list({row[0]: 0 for row in cells(verdict_table("frog", {"value": alone}))}) == [
        "accuracy", "probability", "diversity", "MS-SSIM", "pixel std",
    ]  # fmt: skip


def test_a_biased_fid_is_marked() -> None:
    few = replace(AFTER, n_real=500, n_features=112)
    table = verdict_table("frog", {"before": BEFORE, "after": few})
    assert [row[0] for row in cells(table)][2:4] == ["KID", "FID (biased)"]
    titles = [column.header for column in demo_table([result("repair", "frog", BEFORE, few)]).columns]
    assert titles == ["edit", "accuracy", "KID", "coverage", "diversity", "time"]


def test_repair_shows_what_it_saves(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("ganmend.workbench.yardsticks.CLASSES", 5)  # of two, both are sick
    words = ["repair", TINY, "frog", "--classifier", "tiny", "--judge", "other", "--out", "o", *QUICK, *names()]
    assert run(monkeypatch, *words) == 0
    lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    (shown,) = [line[1:] for line in lines if line[:1] == ["diversity"]]
    saved = json.loads(Path("o/metrics.json").read_text())
    assert shown == [f"{saved[which]['diversity']:.3g}" for which in ("before", "after", "healthy")]
    assert shown[0] != shown[1]
    page = Path("o/report.html").read_text()
    (found,) = re.findall(r"diversity</abbr> ↑</th><td>([\d.]+)\D.*?<td[^>]*>([\d.]+)\D", page)
    assert list(found) == shown[:2]


def test_the_demos_table_and_json() -> None:
    results = [result("repair", "frog", BEFORE, AFTER), result("repurpose", "deer", AFTER, BEFORE)]
    table = demo_table(results)
    titles = ["edit", "accuracy", "FID", "coverage", "diversity", "time"]
    assert [column.header for column in table.columns] == titles
    assert cells(table) == [
        ["repair frog", "0.25->0.93", "60.5->20.5", "0.85->0.86", "3.5->4.5", "12 s"],
        ["repurpose deer", "0.93->0.25", "20.5->60.5", "0.86->0.85", "4.5->3.5", "12 s"],
    ]
    kept = ("judge_accuracy", "judge_accuracy_low", "judge_accuracy_high", "fid", "kid", "coverage", "recall",
            "diversity")  # fmt: skip
    before, after = ({key: getattr(verdict, key) for key in kept} | {"intervals": {}} for verdict in (BEFORE, AFTER))
    there, back = (
        {name: value for name, value in one.verdict.as_dict().items() if name not in ("before", "after")} | {"harm": []}  # type: ignore[union-attr]
        for one in results
    )
    assert (there["outcome"], back["outcome"]) == ("better", "worse")
    assert as_answer(results) == {
        "repair": {"frog": {"before": before, "after": after, **there, "seconds": 12.25}},
        "repurpose": {"deer": {"before": after, "after": before, **back, "seconds": 12.25}},
    }


def test_diagnosis_lists_the_worst_first_in_table_and_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["diagnose", TINY, "--classifier", "tiny", "-n", "8", *names()]
    assert run(monkeypatch, *words, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    severities = [entry["severity"] for entry in answer["classes"]]
    assert severities == sorted(severities, reverse=True)
    assert {*BEFORE.figures(), "intervals"} == set(answer["classes"][0]) - {
        "index",
        "class",
        "mark",
        "severity",
    }
    assert run(monkeypatch, *words) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    known = [(str(entry["index"]), entry["class"]) for entry in answer["classes"]]
    assert [tuple(line[:2]) for line in lines if tuple(line[:2]) in known] == known


def test_nearest_is_by_cosine_best_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # Cosines with (2, 0) are 0, 3/5, 1, -1, 4/5; the row of the highest is also the farthest by distance.
    # With (-1, 4), in units of 1 / sqrt 17: 4, 2.6, -1, 1, 1.6.
    rows = [[0.0, 3.0], [6.0, 8.0], [100.0, 0.0], [-1.0, 0.0], [1.6, 1.2]]
    np.save("table.npy", np.array(rows, np.float32))
    ClassEdit(torch.tensor([[2.0, 0.0], [-1.0, 4.0]])).save(Path("e.npy"))
    assert run(monkeypatch, "nearest", "table.npy", "e.npy", "-n", "4", "--json") == 0
    first, second = json.loads(capsys.readouterr().out)["nearest"]
    assert [found["index"] for found in first] == [2, 4, 1, 0]
    assert [found["cosine"] for found in first] == pytest.approx([1, 0.8, 0.6, 0], abs=1e-6)
    assert [found["distance"] for found in first] == pytest.approx([98, 1.6**0.5, 80**0.5, 13**0.5], rel=1e-6)
    assert [found["index"] for found in second] == [0, 1, 4, 3], "each vector of a file has its own answer"
    assert [found["name"] for found in second] == ["class 0", "class 1", "class 4", "class 3"]
    assert run(monkeypatch, "nearest", "table.npy", "e.npy", "-n", "2") == 0
    words = capsys.readouterr().out.replace("│", " ").split()
    assert [words[i + 1] for i, word in enumerate(words) if word == "class" and words[i + 1].isdigit()] == list("2401")
