"""The examples and the notebook run, with fewer steps; each is short enough to be read."""

import json
import re
import runpy
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

EXAMPLES = ROOT / "examples"
LONGEST = 60  # lines
PRINTED = {
    "repair_a_class.py": r"judge_accuracy: 0\.000 -> ",
    "repurpose_a_class.py": r"8 classes became 9\n",
    "debias_a_class.py": r"red: 0\.\d\d -> 0\.\d\d of 100 automobiles\n",
    "own_photographs.py": r"tells \d\d of 60 pictures of my boat",
}


def test_every_example_is_run_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTED)


@pytest.mark.long
@pytest.mark.parametrize("name", PRINTED)
def test_example(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len((EXAMPLES / name).read_text().splitlines()) < LONGEST
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [name, "1", "out"])
    runpy.run_path(str(EXAMPLES / name))
    assert re.search(PRINTED[name], capsys.readouterr().out)
    assert Path("out/report.html").is_file()


@pytest.mark.long
def test_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    """Its cells in their order; `make notebook` runs it as it is, in Jupyter's kernel."""
    cells = json.loads((EXAMPLES / "mend_a_class.ipynb").read_text())["cells"]
    names: dict[str, object] = {}
    assert "steps=60" in str(cells)
    for cell in cells:
        if cell["cell_type"] == "code":
            assert not cell["outputs"], "saved without outputs, which would only grow old"
            code = "".join(cell["source"]).replace("steps=60", "steps=1").replace("samples=300", "samples=12")
            exec(compile(code, "mend_a_class.ipynb", "exec"), names)
    told = capsys.readouterr().out
    assert re.search(r"^frog +collapsed", told), "the sickest class comes first"
    assert "{'step': 1, " in told
