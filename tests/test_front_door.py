"""What a new user runs first: the demo. The README's blocks and the examples are run in tests/docs."""

import contextlib
import functools
import io
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ganmend
from ganmend.catalog.load import load_generator
from ganmend.cli import main
from ganmend.demo.bundled import WEIGHTS
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.report.tiles import SHOWN
from ganmend.runs.demo_run import EDITS
from ganmend.search.config import PRESETS
from ganmend.targets.load import load_classifier
from ganmend.workbench.bundled_images import bundled_photographs, bundled_reference
from ganmend.workbench.request import MendRequest

SAMPLES = 20
TINY_BUDGET = ["--set", "steps=1", "--set", "latents=4", "--set", "validation_latents=4", "--set", "trials=1"]
TINY_CONFIG = replace(PRESETS["default"], steps=1, latents=4, validation_latents=4, trials=1)
KEYS = {
    "judge_accuracy",
    "judge_accuracy_low",
    "judge_accuracy_high",
    "fid",
    "kid",
    "coverage",
    "recall",
    "diversity",
    "intervals",
}


@pytest.fixture(autouse=True)
def _two_healthy_classes() -> None:
    """Here as many are judged as users get."""


# With `pytest --dist loadgroup` one worker has all tests that look at the demo, and runs it once.
LOOKS_AT_THE_DEMO = pytest.mark.xdist_group("demo")


@dataclass(frozen=True)
class Demo:
    """What `ganmend demo --json` printed, and the folder that it wrote."""

    answer: dict[str, dict[str, dict[str, dict[str, float]]]]
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run, which takes some 15 seconds, for all that looks at it."""
    folder = tmp_path_factory.mktemp("demo")
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(folder)
        patch.setattr("sys.argv", ["ganmend", "demo", "--json", "-n", str(SAMPLES), *TINY_BUDGET])
        with pytest.raises(SystemExit) as stop:
            main()
    assert not stop.value.code
    answer = json.loads(printed.getvalue())
    assert set(answer.pop("versions")) == {"ganmend", "torch"}
    return Demo(answer, folder / "demo")


@LOOKS_AT_THE_DEMO
def test_demo_json(demo: Demo) -> None:
    assert {(task, target) for task in demo.answer for target in demo.answer[task]} == set(EDITS)
    for task, target in EDITS:
        edit = demo.answer[task][target]
        assert set(edit) == {
            "before", "after", "healthy", "healthy_classes", "real_images", "doubts", "memorisation", "harm",
            "changes", "other_judges", "outcome", "seconds",
        }  # fmt: skip
        assert len(edit["healthy_classes"]) >= 3
        assert edit["healthy"]["coverage"] > edit["before"]["coverage"], "it is the sick ones that are mended"
        assert min(edit["real_images"][key] for key in ("coverage", "judge_accuracy")) > 0.7
        assert set(edit["before"]) == set(edit["after"]) == KEYS
        assert None not in edit["after"].values()
    assert json.loads((demo.folder / "demo.json").read_text()) == demo.answer


@LOOKS_AT_THE_DEMO
def test_the_demos_page(demo: Demo) -> None:
    page = (demo.folder / "report.html").read_text()
    assert page.count("data:image/png") == 2 * SHOWN * len(EDITS), "before and after"
    assert page.count("The judge demo:judge looked at") == len(EDITS)
    assert "://" not in page, "it needs nothing from elsewhere; pictures as base64 have no colon"
    assert re.findall("<h2>(.*)</h2>", page)[: len(EDITS)] == [f"{task} {target}" for task, target in EDITS]


@LOOKS_AT_THE_DEMO
def test_the_demos_pictures_have_before_left_and_after_right(demo: Demo) -> None:
    row, edit = ganmend.class_row(ganmend.load_generator("demo"), 5), demo.folder / "frog.safetensors"
    with Image.open(demo.folder / "repair_frog.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    for place, what in ((slice(None, 530), row), (slice(546, None), edit)):  # 8 tiles of 64 + 2 px and 2, a gap of 16
        expected = np.asarray(ganmend.image_grid(ganmend.sample("demo", what, 40, seed=1000)))
        assert (pixels[-len(expected) :, place] == expected).all()  # under the captions


@LOOKS_AT_THE_DEMO
def test_python_demo_and_repair_give_the_same_answer(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The photographs of the package guide all three searches, its statistics and its judge judge them.
    mended = ganmend.repair("demo", "frog", config=TINY_CONFIG, samples=SAMPLES)
    monkeypatch.setattr("ganmend.workbench.request.MendRequest", functools.partial(MendRequest, samples=SAMPLES))
    words = ["ganmend", "repair", "demo", "frog", "--json", "--out", str(tmp_path / "out"), *TINY_BUDGET]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    typed = json.loads(capsys.readouterr().out)["repair"]["frog"]
    assert mended.verdict is not None
    verdicts = json.loads(json.dumps(mended.verdict.as_dict()))
    assert {which: typed[which] for which in verdicts} == verdicts
    shown = demo.answer["repair"]["frog"]
    short = {which: {key: verdicts[which][key] for key in KEYS} for which in ("before", "after")}
    assert {which: shown[which] for which in verdicts} == verdicts | short
    files = (tmp_path / "out" / "embedding.safetensors", demo.folder / "frog.safetensors")
    assert all(torch.equal(ganmend.load_edit(path).vectors, mended.after.vectors) for path in files)
    assert mended.history[0]["matching"] != 0
    assert mended.verdict.before.n == SAMPLES


@pytest.mark.parametrize("place", ["search.run.score_trials", "workbench.comparing.judge_by_all"])
def test_an_interrupted_demo_ends_at_once_and_says_how_to_go_on(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []

    def interrupted(*_: object, **__: object) -> None:
        calls.append(place)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"ganmend.{place}", interrupted)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["ganmend", "demo", "-n", str(SAMPLES), *TINY_BUDGET, "--set", "init=mean"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 130
    assert "interrupted: what was found is kept; go on by: ganmend resume demo" in capsys.readouterr().err
    assert not (tmp_path / "demo" / "report.html").exists()
    assert len(calls) == 1, "no other edit is begun"


def test_the_bundled_files_belong_together_and_are_small() -> None:
    generator = load_generator("demo")
    assert generator.class_names == ("airplane", "automobile", "bird", "cat", "dog", "frog", "horse", "ship")
    reference, search = bundled_reference(load_classifier("demo:judge").fingerprint), load_classifier("demo:search")
    assert isinstance(reference, ReferenceStatistics)
    photographs = [bundled_photographs(search, target) for _, target in EDITS]
    assert [len(features) for features in photographs if features is not None] == [200] * len(EDITS)
    assert len(reference.classes) == 10
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) <= 16 * 2**20
