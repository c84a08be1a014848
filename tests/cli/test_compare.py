"""ganmend compare: the table, the JSON, the page and the picture of several results."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ganmend.models.protocol import Generator
from ganmend.report.labels import annotated_margins
from tests.cli.command import run
from tests.metrics.certain import certain
from tests.report.markup import Markup
from tests.report.test_page import AFTER, BEFORE
from tests.workbench.made_result import made_result


@pytest.fixture(scope="module")
def results(tiny_generator: Generator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    found = made_result(tiny_generator)
    found.save(root / "good")
    replace(found, verdict=certain(AFTER, BEFORE), seed=5, harm=("It grew dull.",)).save(root / "<bad>")
    return root


def test_a_row_a_run(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(results)
    monkeypatch.setenv("COLUMNS", "160")
    assert run(monkeypatch, "compare", "good", "<bad>", "--out", str(tmp_path / "out")) == 0
    shown = capsys.readouterr()
    rows = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "run seed accuracy FID coverage diversity together time" in rows
    assert "good 0 0.25 -> 0.93 better 60.5 -> 20.5 better 0.85 -> 0.86 better 3.5 -> 4.5 better better 12 s" in rows
    (bad,) = [row.split() for row in rows if row.startswith("<bad> 5")]
    assert bad[2:10] == ["0.93", "->", "0.25", "worse", "20.5", "->", "60.5", "worse"]
    assert bad[-4:-2] == ["no", "success"]
    text = (tmp_path / "out/report.html").read_text()
    page = Markup(text)
    figures = ["accuracy ↑", "FID ↓", "coverage ↑", "diversity ↑"]
    assert page.cells()[0] == ["run", "seed", *figures, "taken together", "search"]
    assert page.cells()[1][:4] == ["good", "0", "0.93 ✓ better 0.91 to 0.95 before: 0.25", "20.5 ✓ better before: 60.5"]
    assert page.cells()[2][:2] == ["<bad>", "5"]
    assert [row[3][1] for row in page.rows[1:3]] == ["better", "worse"]
    assert {"script", "link", "<bad>"}.isdisjoint(page.tags)
    assert len(page.alternatives) == 3 * 8, "before, and each run's"
    assert page.alternatives[8] == "good: sample 1"
    with Image.open(tmp_path / "out/samples.png") as picture:
        left, _ = annotated_margins(["before (of good)", "good", "<bad>"], [])
        assert picture.size == (left + 8 * 66, 3 * 66)


def test_json(results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "compare", str(results), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [Path(one["run"]).name for one in answer["runs"]] == ["<bad>", "good"]
    bad, good = answer["runs"]
    assert (bad["differs"], good["differs"]) == ({"seed": 5}, {"seed": 0})
    assert (good["class"], good["seconds"], good["verdict"]["judge"]) == ("frog", 12, "eye")
    assert good["verdict"]["after"]["fid"] == bad["verdict"]["before"]["fid"] == 20.5
    assert bad["harm"] == ["It grew dull."]
    assert (answer["notes"], answer["out"]) == ([], None)


def test_a_place_that_is_taken_is_refused_before_anything_is_read(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert run(monkeypatch, "compare", "nowhere", "--out", str(tmp_path)) == 2
    assert "is the folder that you are in; give another --out" in capsys.readouterr().err
    assert run(monkeypatch, "compare", str(results / "good")) == 2
    assert "1 result was given; expected two or more" in capsys.readouterr().err


def test_each_class_that_runs_began_with_is_shown_once(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = made_result(tiny_generator)
    for name, index in (("first", 6), ("second", 6), ("third", 2)):
        replace(found, before_index=index).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "compare", "first", "second", "third", "--out", "out") == 0
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", Path("out/report.html").read_text())
    assert captions == ["before (of first)", "before (of third)", "first", "second", "third"]
