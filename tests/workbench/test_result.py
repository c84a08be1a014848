"""A result: its samples, its picture, and the directory that it is saved as and loaded from again."""

import json
import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ganmend
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import draw
from ganmend.errors import EmbeddingError, GanmendError, OptionError, OutputError
from ganmend.files.mark import MARK
from ganmend.models.protocol import Generator
from ganmend.report.grids import image_grid, labelled
from ganmend.workbench.result import MendResult, load_result
from ganmend.workbench.workbench import Workbench
from tests.workbench.conftest import QUICK

FILES = {
    MARK,
    "embedding.safetensors",
    "metrics.json",
    "config.json",
    "before_after.png",
    "samples.png",
    "history.jsonl",
    "report.html",
}


@pytest.fixture(scope="module")
def result(bench: Workbench) -> MendResult:
    return bench.mend("repair", "frog", config=replace(QUICK, trials=2), preset="paper", seed=3, samples=6)


@pytest.fixture(scope="module")
def saved(result: MendResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.save(tmp_path_factory.mktemp("results") / "frog")


def test_samples_of_both_share_their_latents(result: MendResult, tiny_generator: Generator) -> None:
    for which, edit in (("before", result.before), ("after", result.after)):
        expected = torch.cat(list(draw(result.generator, edit, 3, 17)))
        assert torch.equal(result.samples(which, 3, seed=17), expected)
    assert not torch.equal(result.samples("before", 3), result.samples("after", 3))
    # The verdict's own: seed 1000.
    assert torch.equal(result.samples("after", 2), torch.cat(list(draw(result.generator, result.after, 2, 1000))))
    assert len(result.samples("before")) == 40
    unchanged = replace(result, after=result.before)
    assert torch.equal(unchanged.samples("before", 3), unchanged.samples("after", 3))
    with pytest.raises(OptionError, match="samples of 'both' were asked for; expected 'before' or 'after'"):
        result.samples("both")


def test_what_it_takes_to_make_the_same_again_is_known_and_shown(result: MendResult, saved: Path) -> None:
    facts = replace(result, command="ganmend repair x", seconds=12.4).facts()
    function = result.generator.function_digest()
    assert {name: facts[name] for name in list(facts)[:8]} == {
        "command": "ganmend repair x", "preset": "paper", "seed": 3,
        "generator": f"{result.generator.fingerprint} ({function})", "precision": "float32",
        "classifier": "tiny (tiny0)", "judge": "reversed (tiny1)", "seconds": "12, of the search",
    }  # fmt: skip
    assert list(facts)[8:] == ["versions", "date", "machine"]
    assert f"ganmend {ganmend.__version__}, torch {torch.__version__}, Python 3" in str(facts["versions"])
    assert str(facts["date"]).startswith(f"{datetime.now(UTC):%Y-%m-%d }")
    assert platform.machine() in str(facts["machine"])
    assert platform.node() not in str(facts["machine"]), "the machine's own name is nobody's business"
    assert "command" not in result.facts(), "nothing was typed"
    assert replace(result, verdict=None).facts()["judge"] == "none"
    page = (saved / "report.html").read_text()
    assert all(f"<td>{value}</td>" in page for value in result.facts().values())


def test_a_result_of_an_older_version_shows_what_it_knows(saved: Path, tmp_path: Path, result: MendResult) -> None:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    del metrics["made"]
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    facts = load_result(tmp_path).facts()
    assert facts["generator"] == result.generator.fingerprint
    assert {"versions", "date", "machine", "precision"}.isdisjoint(facts)


def test_the_row_of_before_is_named_without_the_generator(result: MendResult, tmp_path: Path) -> None:
    truck = replace(result, task="repurpose", target="truck", verdict=None)
    assert result.generator.class_names[6] == "frog"
    saved = truck.save(tmp_path / "truck")
    loaded = load_result(saved)
    assert loaded.story() == truck.story()
    assert list(loaded.pictures()) == ["before (row of frog) (left) and after (right)"]
    assert any("frog" in sentence for sentence in loaded.story())
    config = json.loads((saved / "config.json").read_text())
    del config["before_class"]  # as older versions wrote it
    (saved / "config.json").write_text(json.dumps(config))
    assert not any("frog" in sentence for sentence in load_result(saved).story())


def test_photographs_are_kept_beside_the_samples(bench: Workbench, photographs: Path, tmp_path: Path) -> None:
    real = Workbench(bench.generator, classifier=bench.classifier, real=photographs, precision="float32")
    got = real.mend("repair", "frog", config=QUICK)
    # Ten of the fourteen, evenly spread.
    paths = sorted(photographs.iterdir())
    assert len(got.photographs) == 10
    for shown, number in zip(got.photographs, (0, 1, 2, 4, 5, 7, 8, 9, 11, 12), strict=True):
        with Image.open(paths[number]) as picture:
            # From [0, 255] to [-1, 1] and back, without its fraction: at most one shade darker.
            assert np.abs(np.asarray(shown, int) - np.asarray(picture, int)).max() <= 1
    saved = got.save(tmp_path / "out")
    assert [one.tobytes() for one in load_result(saved).photographs] == [one.tobytes() for one in got.photographs]
    assert "This page holds up to 10 of the photographs" in (saved / "report.html").read_text()


def test_a_result_directory_is_whole(result: MendResult, saved: Path) -> None:
    assert {path.name for path in saved.iterdir()} == FILES
    config, metrics = (json.loads((saved / name).read_text()) for name in ("config.json", "metrics.json"))
    assert config == result.config.as_dict() | {
        "task": "repair", "target": "frog", "classifier": "tiny", "judge": "reversed", "preset": "paper", "seed": 3,
        "generator": result.generator.fingerprint, "precision": "float32", "before_index": 6, "before_class": "frog",
        "interrupted": False,
    }  # fmt: skip
    assert metrics == {
        "task": "repair", "target": "frog", **result.verdict.as_dict(), "harm": [],
        "seconds": result.seconds, "made": result.made,
    }  # fmt: skip
    page = (saved / "report.html").read_text()
    assert "<title>repair frog" in page
    assert "http" not in page, "the page loads nothing"
    figures = [f"{figure:.3g}" for figure in (result.verdict.before.diversity, result.verdict.after.diversity)]
    assert all(figure in page for figure in figures), "the verdict stands on it"


def test_a_directory_is_not_overwritten_unasked(result: MendResult, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(OutputError, match="not written by ganmend"):
        result.save(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
    with pytest.raises(OutputError, match="not written by ganmend"):
        result.save(str(tmp_path), overwrite=True)
    (tmp_path / "kept.txt").unlink()
    for _ in range(2):
        assert {path.name for path in result.save(str(tmp_path), overwrite=True).iterdir()} == FILES


FACTS = (
    "task", "target", "before_index", "classifier", "preset", "config", "seed", "history", "seconds", "interrupted",
    "verdict", "harm", "made",
)  # fmt: skip


def equal_edits(first: ClassEdit, second: ClassEdit) -> bool:
    facts = ((edit.generator, edit.target, edit.details) for edit in (first, second))
    return torch.equal(first.vectors, second.vectors) and next(facts) == next(facts)


def test_what_is_saved_is_loaded(result: MendResult, saved: Path, tiny_generator: Generator) -> None:
    for generator in (None, tiny_generator):
        loaded = load_result(str(saved), generator)
        for name in FACTS:
            assert getattr(loaded, name) == getattr(result, name), name
        assert equal_edits(loaded.after, result.after)
        assert loaded.directory == saved


def test_a_result_that_did_harm_says_so_first_and_keeps_it(result: MendResult, tmp_path: Path) -> None:
    assert not result.story()[0].startswith("No success")
    harmful = replace(result, harm=("The samples became alike.", "And worse."))
    assert harmful.story() == [
        "No success: The samples became alike. And worse.", *result.story()
    ]  # fmt: skip
    saved = harmful.save(tmp_path / "harmful")
    assert load_result(saved).harm == harmful.harm
    metrics = json.loads((saved / "metrics.json").read_text())
    page = (saved / "report.html").read_text()
    assert page.index("✗ No success") < page.index("A search") < page.index("<li>The samples became alike.</li>")
    for bad in ("no", [1], {"a": 1}):
        (saved / "metrics.json").write_text(json.dumps(metrics | {"harm": bad}))
        with pytest.raises(GanmendError, match="stands where a list of sentences should"):
            load_result(saved)
    del metrics["harm"]  # as written by version 0.1
    (saved / "metrics.json").write_text(json.dumps(metrics))
    assert load_result(saved).harm == ()


def test_with_its_generator_it_draws_and_is_saved_again(
    result: MendResult, saved: Path, tiny_generator: Generator, tmp_path: Path
) -> None:
    loaded = MendResult.load(saved, result.generator)
    assert equal_edits(loaded.before, class_row(tiny_generator, 6))
    for which in ("before", "after"):
        assert torch.equal(loaded.samples(which, 2), result.samples(which, 2))
    again = loaded.save(tmp_path / "again")
    assert equal_edits(MendResult.load(again).after, result.after)
    for name in ("config.json", "metrics.json", "history.jsonl", "before_after.png"):
        assert (again / name).read_bytes() == (saved / name).read_bytes()
    assert load_result(saved, tiny_generator).generator.precision, "prepared for many images"


def test_without_its_generator_it_shows_what_was_saved(saved: Path, result: MendResult, tmp_path: Path) -> None:
    loaded = load_result(saved)
    assert (loaded.before, loaded.generator) == (None, None)
    expected = labelled({which: image_grid(result.samples(which)) for which in ("before", "after")})
    assert np.array_equal(np.array(loaded.picture()), np.array(expected.convert("RGB")))
    assert np.array_equal(np.array(result.picture()), np.array(expected))
    with pytest.raises(OptionError, match="loaded without its generator"):
        loaded.samples("after")
    with pytest.raises(OptionError, match="loaded without its generator"):
        loaded.save(tmp_path / "again")


def test_interrupted_and_unjudged_ones(result: MendResult, tmp_path: Path) -> None:
    folder = replace(result, interrupted=True, verdict=None).save(tmp_path / "r")
    loaded = load_result(folder)
    assert (loaded.interrupted, loaded.verdict) == (True, None)
    assert json.loads((folder / "config.json").read_text())["judge"] is None


def test_a_generator_of_another_fingerprint_is_refused(saved: Path, hugging_face: Generator) -> None:
    with pytest.raises(EmbeddingError):
        load_result(saved, hugging_face)


def changed(name: str, key: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        content[key] = value
        (folder / name).write_text(json.dumps(content))

    return change


def without(name: str, key: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        del content[key]
        (folder / name).write_text(json.dumps(content))

    return change


BROKEN: dict[str, Callable[[Path], object]] = {
    "no config": lambda folder: (folder / "config.json").unlink(),
    "no metrics": lambda folder: (folder / "metrics.json").unlink(),
    "no history": lambda folder: (folder / "history.jsonl").unlink(),
    "no edit": lambda folder: (folder / "embedding.safetensors").unlink(),
    "half a config": lambda folder: (folder / "config.json").write_text('{"steps": '),
    "a list": lambda folder: (folder / "metrics.json").write_text("[1]"),
    "history of numbers": lambda folder: (folder / "history.jsonl").write_text("1\n2\n"),
    "no seed": without("config.json", "seed"),
    "no row": without("config.json", "before_index"),
    "no judge": without("config.json", "judge"),
    "no seconds": without("metrics.json", "seconds"),
    "no verdict before": without("metrics.json", "before"),
    "a row of text": changed("config.json", "before_index", "six"),
    "steps of text": changed("config.json", "steps", "many"),
    "no steps": changed("config.json", "steps", 0),
    "a verdict of text": changed("metrics.json", "after", "good"),
    "a verdict without figures": changed("metrics.json", "after", {}),
    "an unreadable edit": lambda folder: (folder / "embedding.safetensors").write_bytes(b"no tensors"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_files_are_refused_in_a_line(broken: str, saved: Path, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((saved / name).read_bytes())
    assert load_result(tmp_path).target == "frog"
    BROKEN[broken](tmp_path)
    with pytest.raises(GanmendError) as refused:
        load_result(tmp_path)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300 + len(str(tmp_path))


def test_a_message_names_the_directory(saved: Path, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((saved / name).read_bytes())
    changed("metrics.json", "after", "x" * 500)(tmp_path)
    with pytest.raises(GanmendError) as refused:
        load_result(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path} is no whole result directory (a verdict is 'xxx")
    assert str(refused.value).count("x") < 100, "shortened"
    assert str(refused.value).endswith("expected figures by name); save it again")


def test_a_saved_picture_that_is_no_picture(saved: Path, tmp_path: Path) -> None:
    loaded = replace(load_result(saved), directory=tmp_path)
    with pytest.raises(GanmendError, match=r"holds no before_after.png that can be read"):
        loaded.picture()
    Image.new("RGB", (4, 4)).save(tmp_path / "before_after.png", "BMP")
    with pytest.raises(GanmendError, match=r"holds no before_after.png that can be read"):
        loaded.picture()
    Image.new("L", (4, 4), 200).save(tmp_path / "before_after.png")
    assert loaded.picture().getpixel((0, 0)) == (200, 200, 200)


def test_it_prints_in_a_line(result: MendResult) -> None:
    line = repr(replace(result, seconds=12.4))
    assert line.startswith("<repair frog, seed 3, 12 s: accuracy ")
    assert line.endswith("(by reversed, 6 samples)>")
    assert "\n" not in line
    assert "Conv" not in line
    assert repr(replace(result, seconds=0.6, verdict=None)) == "<repair frog, seed 3, 1 s: not judged>"


def test_in_a_notebook_it_shows_picture_and_table(result: MendResult) -> None:
    page = result._repr_html_()
    assert "repair frog" in page
    assert "data:image/png;base64," in page
    assert "<table" in page
    assert "reversed" in page
    assert "<table" not in replace(result, verdict=None)._repr_html_()
