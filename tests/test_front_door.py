"""What a new user runs first: the demo, the example, the README's Python."""

import json
import re
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from ganmend.catalog.load import load_generator
from ganmend.cli import main
from ganmend.demo.bundled import WEIGHTS
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.search.config import PRESETS
from ganmend.targets.load import load_classifier
from ganmend.workbench.demo import EDITS
from ganmend.workbench.real_images import bundled_photographs, bundled_reference

ROOT = Path(__file__).parents[1]
TINY_BUDGET = ["--set", "steps=1", "--set", "latents=4", "--set", "validation_latents=4", "--set", "trials=1"]
KEYS = {
    "judge_accuracy",
    "judge_accuracy_low",
    "judge_accuracy_high",
    "fid",
    "kid",
    "coverage",
    "recall",
    "diversity",
}


def test_demo_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["ganmend", "demo", "--json", "-n", "20", *TINY_BUDGET])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    answer = json.loads(capsys.readouterr().out)
    assert {(task, target) for task in answer for target in answer[task]} == set(EDITS)
    for task, target in EDITS:
        edit = answer[task][target]
        assert set(edit) == {"before", "after", "seconds"}
        assert set(edit["before"]) == set(edit["after"]) == KEYS
        assert None not in edit["after"].values()
    page = (tmp_path / "demo" / "report.html").read_text()
    assert page.count("data:image/png") == len(EDITS)
    assert "http" not in page


def test_example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["repair_a_class.py", "1", str(tmp_path / "out")])
    runpy.run_path(str(ROOT / "examples" / "repair_a_class.py"))
    assert "judge_accuracy" in capsys.readouterr().out
    assert (tmp_path / "out" / "report.html").is_file()


def test_the_readmes_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    monkeypatch.setitem(PRESETS, "default", replace(PRESETS["default"], steps=1))
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "mended" / "embedding.safetensors").is_file()


def test_the_bundled_files_belong_together_and_are_small() -> None:
    generator = load_generator("demo")
    assert generator.class_names == ("airplane", "automobile", "bird", "cat", "dog", "frog", "horse", "ship")
    reference, search = bundled_reference(), load_classifier("demo:search")
    assert isinstance(reference, ReferenceStatistics)
    photographs = [bundled_photographs(search, target) for _, target in EDITS]
    assert [len(features) for features in photographs if features is not None] == [200] * len(EDITS)
    assert len(reference.classes) == 10
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) <= 12 * 2**20
