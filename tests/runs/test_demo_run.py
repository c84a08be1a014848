"""The bundled benchmark: what is asked for each of its edits, and what of it is done once only."""

from dataclasses import replace
from pathlib import Path

import pytest

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.errors import Cancelled, GanmendError, OptionError
from ganmend.files.mark import marked_files
from ganmend.progress import OnProgress, Progress
from ganmend.runs import demo_run
from ganmend.runs.demo_run import EDITS, begun_demo, demo_request, run_demo
from ganmend.runs.record import WORK
from ganmend.workbench.request import MendRequest
from tests.conftest import CIFAR10, FIXTURES, make_classifier

CONFIG = replace(ganmend.PRESETS["default"], steps=2, latents=4, validation_latents=4, trials=1, validate_every=1)


@pytest.fixture
def request_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MendRequest:
    """What `demo_request` gives, but of the tiny generator, and two edits for four."""
    monkeypatch.setattr(demo_run, "EDITS", EDITS[:2])
    monkeypatch.setattr("ganmend.workbench.result.GRID_SAMPLES", 4)
    classifier = make_classifier()
    monkeypatch.setattr("ganmend.workbench.networks.load_classifier", lambda name, **_: classifier)
    (tmp_path / "names.txt").write_text("\n".join(CIFAR10))
    source = GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"), class_names=str(tmp_path / "names.txt"))
    return MendRequest("repair", "", source, "tiny", precision="float32", config=CONFIG)


class Watched:
    """Notes which edits are worked on, and ends the run in the search of one of them."""

    def __init__(self, ends: str = "", by: BaseException | None = None) -> None:
        self.ends, self.by, self.worked_on = ends, by, list[str]()

    def on_edit(self, task: str, target: str) -> OnProgress:
        self.worked_on.append(target)

        def on_progress(progress: Progress) -> None:
            if target == self.ends and progress.stage == "searching":
                raise self.by or Cancelled

        return on_progress


def test_four_known_flaws_of_the_bundled_generator_are_mended() -> None:
    assert EDITS == (("repair", "frog"), ("repurpose", "deer"), ("repurpose", "truck"), ("debias", "automobile"))
    asked = demo_request(seed=5, n=7, config=CONFIG, device="cuda:1")
    assert (asked.generator, asked.config) == (GeneratorSource("demo", device="cuda:1"), CONFIG)
    assert (asked.seed, asked.samples) == (5, 7)
    granted = demo_request()
    assert (granted.generator.device, granted.config) == ("cpu", ganmend.PRESETS["default"])
    assert (granted.seed, granted.samples) == (0, 1000)


def test_a_demo_that_was_ended_goes_on_with_what_is_missing(request_of_all: MendRequest, tmp_path: Path) -> None:
    first, second = Watched(ends="deer"), Watched()
    ended = run_demo(tmp_path / "demo", request_of_all, command="ganmend demo", on_edit=first.on_edit)
    assert [one.interrupted for one in ended] == [False, True]
    assert begun_demo(tmp_path / "demo") == (request_of_all, "ganmend demo")
    with pytest.raises(OptionError, match="a demo that was not ended; go on by: ganmend resume"):
        ganmend.resume(tmp_path / "demo")
    results = run_demo(tmp_path / "demo", request_of_all, on_edit=second.on_edit)
    assert second.worked_on == ["deer"]
    assert [(one.task, one.target, one.interrupted) for one in results] == [(*edit, False) for edit in EDITS[:2]]
    assert results[0].after.digest() == ended[0].after.digest()


def test_another_demo_keeps_nothing_of_it(request_of_all: MendRequest, tmp_path: Path) -> None:
    run_demo(tmp_path / "demo", request_of_all, on_edit=Watched(ends="deer").on_edit)
    watched, other = Watched(ends="frog"), replace(request_of_all, seed=1)
    (result,) = run_demo(tmp_path / "demo", other, on_edit=watched.on_edit)
    assert (watched.worked_on, result.seed) == (["frog"], 1)
    assert begun_demo(tmp_path / "demo") == (other, "")


def test_an_error_before_anything_is_found_leaves_nothing(request_of_all: MendRequest, tmp_path: Path) -> None:
    watched = Watched(ends="frog", by=GanmendError("no such thing"))
    with pytest.raises(GanmendError, match="no such thing"):
        run_demo(tmp_path / "demo", request_of_all, on_edit=watched.on_edit)
    assert not (tmp_path / "demo").exists()


def test_an_error_later_leaves_what_was_found(request_of_all: MendRequest, tmp_path: Path) -> None:
    watched = Watched(ends="deer", by=GanmendError("no such thing"))
    with pytest.raises(GanmendError, match="no such thing"):
        run_demo(tmp_path / "demo", request_of_all, on_edit=watched.on_edit)
    assert (tmp_path / "demo" / WORK / "repair_frog" / "embedding.safetensors").exists()
    assert marked_files(tmp_path / "demo") == set(), "a demo may replace it"


def test_a_place_without_a_demo_has_none_begun(tmp_path: Path) -> None:
    assert begun_demo(tmp_path) is None
    assert begun_demo(tmp_path / "nowhere") is None
