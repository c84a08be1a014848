"""`augment`: an ImageFolder of the surest images of each class, with a manifest, that goes on where it was ended."""

import csv
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.catalog.load import load_generator
from ganmend.edits import sampling
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.signals import ENDING
from ganmend.workbench import pictures
from ganmend.workbench.result import MendResult
from tests.cli.command import QUICK, TINY, run
from tests.conftest import CIFAR10, make_classifier

N, KEEP = 3, "0.5"
WORDS = ["augment", TINY, "--images", "set", "--per-class", str(N), "--keep", KEEP, "--classifier", "tiny",
         "--judge", "other", "--seed", "4", "--precision", "float32", "--class-names", "known.txt", *QUICK]  # fmt: skip
DRAWING = [*WORDS, "--edits", "e"]  # of edits that are there: nothing is searched


@pytest.fixture(autouse=True)
def _training_set(_small_things: None) -> Iterator[None]:
    """Fourteen images of noise of a class that the generator has, and of one that it has not; and edits."""
    Path("known.txt").write_text("\n".join([*CIFAR10[:9], "lorry"]))
    numbers = np.random.default_rng(0)
    for name in ("Frog", "truck"):
        Path("set", name).mkdir(parents=True)
        for index in range(14):
            pixels = numbers.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(f"set/{name}/{index:02d}.png")
    gan = load_generator(TINY)
    for name, row in (("Frog", 3), ("truck", 8)):
        Path("e", name).mkdir(parents=True)
        edit = ClassEdit(gan.class_embeddings[[row]], generator=gan.fingerprint, target=name)
        edit.save(Path("e", name, "embedding.safetensors"))
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def manifest(folder: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(folder, "manifest.csv").read_text().splitlines()))


def contents(folder: str) -> dict[str, bytes]:
    """Every file, a picture by its pixels: its metadata holds the command, with its --out."""
    files = {str(path.relative_to(folder)): path for path in sorted(Path(folder).rglob("*")) if path.is_file()}
    return {
        name: Image.open(path).tobytes() if path.suffix == ".png" else path.read_bytes()
        for name, path in files.items()
        if name != "samples.json"
    }


def judged(path: Path | str, index: int) -> float:
    pixels = torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)[None]
    return make_classifier(1)(pixels.float() / 127.5 - 1).softmax(1)[0, index].item()


def end_at(monkeypatch: pytest.MonkeyPatch, picture: int, how: type[BaseException]) -> None:
    """Let something come when the picture of that number is about to be written."""
    written = 0

    def save(*words: object, **options: object) -> None:
        nonlocal written
        if written == picture:
            raise how
        written += 1
        original(*words, **options)  # type: ignore[arg-type]

    original = pictures.save_picture
    monkeypatch.setattr(pictures, "save_picture", save)


class Killed(BaseException):
    """What no handler expects."""


def test_the_surest_of_each_class_and_what_is_known_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("e/truck")
    assert run(monkeypatch, *DRAWING, "--out", "o", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    told = {label: (one["task"], one["reused"]) for label, one in said["classes"].items()}
    assert told == {"Frog": ("repair", True), "truck": ("repurpose", False)}
    assert MendResult.load("e/truck").task == "repurpose"
    rows = manifest("o")
    assert [row["class"] for row in rows] == ["Frog"] * N + ["truck"] * N
    assert sorted(row["file"] for row in rows) == sorted(str(p.relative_to("o")) for p in Path("o").glob("*/*.png"))
    for row in rows:
        index = CIFAR10.index(row["class"].lower())
        # The judge saw the very pixels of the file; a batch of another size rounds otherwise.
        assert float(row["probability"]) == pytest.approx(judged(f"o/{row['file']}", index), abs=1e-6)
        assert (row["seed"], row["edit"]) == ("4", f"e/{row['class']}")
        assert int(Path(row["file"]).stem) == int(row["index"])
    assert said["classes"]["Frog"]["probability"] == pytest.approx(
        np.mean([float(row["probability"]) for row in rows[:N]])
    )
    # All six candidates of each class, drawn by its edit's file, give the same pictures; the better half was kept.
    for label in ("Frog", "truck"):
        words = ["sample", TINY, f"e/{label}", "-n", "6", "--seed", "4", "--precision", "float32"]
        assert run(monkeypatch, *words, "--out", f"all-{label}") == 0
        drawn = {path.stem: path for path in Path(f"all-{label}").glob("*/*.png")}
        order = sorted(drawn, key=lambda stem: -judged(drawn[stem], CIFAR10.index(label.lower())))
        kept = {path.stem: path for path in Path("o", label).iterdir()}
        assert set(kept) == set(order[:N])
        for stem, path in kept.items():
            assert Image.open(path).tobytes() == Image.open(drawn[stem]).tobytes()


@pytest.mark.parametrize("how", [KeyboardInterrupt, Killed])
@pytest.mark.parametrize("picture", [0, 2, 4])
def test_the_same_command_goes_on(
    picture: int, how: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sampling, "BATCH", 2)
    assert run(monkeypatch, *DRAWING, "--out", "whole") == 0
    with monkeypatch.context() as patch:
        end_at(patch, picture, how)
        if how is Killed:
            with pytest.raises(Killed):
                run(patch, *DRAWING, "--out", "o")
            gone = subprocess.Popen(["true"])
            gone.wait()
            Path(f"o/Frog/.{Path(manifest('o')[0]['file']).name}.{gone.pid}.partial").write_text("half")
        else:
            assert run(patch, *DRAWING, "--out", "o") == 130
            assert "the same command goes on" in capsys.readouterr().err
    kept = {path: path.stat().st_mtime_ns for path in Path("o").glob("*/*.png")}
    assert len(kept) == picture
    assert json.loads(Path("o/samples.json").read_text())["complete"] is False
    assert run(monkeypatch, *DRAWING, "--out", "o") == 0
    assert contents("o") == contents("whole")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what was there is not drawn again"
    assert json.loads(Path("o/samples.json").read_text())["complete"] is True
    assert run(monkeypatch, *DRAWING, "--out", "o") == 2, "what is complete is not replaced"


def test_ctrl_c_in_a_search_keeps_no_half_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ganmend.workbench.workbench.Workbench.mend", _interrupted)
        assert run(patch, *WORDS, "--out", "o") == 130
    (began,) = Path("o-edits").glob("*/run.json")
    assert json.loads(began.read_text())["interrupted"] is True
    assert not list(Path("o-edits").rglob("embedding.safetensors"))
    assert run(monkeypatch, *DRAWING, "--out", "o") == 0, "from there it goes on"


def _interrupted(*_words: object, **_options: object) -> None:
    raise KeyboardInterrupt


def test_edits_that_are_there_are_used(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("ganmend.workbench.workbench.Workbench.mend", _interrupted)
    assert run(monkeypatch, *DRAWING, "--out", "o", "--json") == 0, "nothing is searched"
    said = json.loads(capsys.readouterr().out)
    assert [one["reused"] for one in said["classes"].values()] == [True, True]
    for row in manifest("o"):
        assert row["edit"] == f"e/{row['class']}"
        assert row["embedding"] == load_edit(row["edit"]).digest()


def test_images_of_two_edits_are_not_mixed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 1, KeyboardInterrupt)
        assert run(patch, *DRAWING, "--out", "o") == 130
    gan = load_generator(TINY)
    ClassEdit(gan.class_embeddings[[5]], generator=gan.fingerprint).save("e/Frog/embedding.safetensors")
    capsys.readouterr()
    assert run(monkeypatch, *DRAWING, "--out", "o") == 2
    assert "o holds Frog of another edit than e/Frog" in capsys.readouterr().err


def test_nothing_of_the_users_goes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 1, KeyboardInterrupt)
        assert run(patch, *DRAWING, "--out", "o") == 130
    Path("o/Frog/thesis.txt").write_text("five years")
    Path("o/.mine.1.partial").write_text("mine")
    for more in ([], ["--overwrite"]):
        assert run(monkeypatch, *DRAWING, "--out", "o", *more) == 2
        assert "which ganmend did not write" in capsys.readouterr().err
    assert Path("o/Frog/thesis.txt").read_text() == "five years"
    assert Path("o/.mine.1.partial").read_text() == "mine"


def test_another_command_begins_anew_only_when_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 1, KeyboardInterrupt)
        assert run(patch, *DRAWING, "--out", "o") == 130
    capsys.readouterr()
    assert run(monkeypatch, *DRAWING, "--out", "o", "--keep", "1") == 2
    assert "interrupted run of another command" in capsys.readouterr().err
    assert run(monkeypatch, *DRAWING, "--out", "o", "--keep", "1", "--overwrite") == 0
    assert [row["index"] for row in manifest("o")] == ["0", "1", "2"] * 2, "of three drawn all are kept"


REFUSED = {
    "no sub-folder": (["--images", "set/Frog"], "set/Frog has no sub-folder; expected one for each class"),
    "no folder": (["--images", "gone"], "no folder at gone"),
    "an empty class": (["--images", "empty"], "empty/cat holds no picture"),
    "a number": (["--images", "numbers"], "numbers/5 is named by a number; name it for its class"),
    "an unknown class": (["--images", "unknown"], "no class 'zebra'"),
    "no share": (["--keep", "0"], "keep is 0.0; expected a number above 0"),
    "more than all": (["--keep", "1.5"], "keep is 1.5; expected at most 1"),
    "no share at all": (["--keep", "nan"], "keep is nan; expected a number"),
    "no images": (["--per-class", "0"], "the number of samples is 0; expected at least 1"),
    "two guides": (["--probe"], "--probe and --classifier exclude each other"),
    "a place taken": (["--out", "set"], "set was not written by ganmend, so it is not replaced"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_the_generator_is_read(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*_words: object, **_options: object) -> None:
        raise AssertionError("the weights were read")

    monkeypatch.setattr("ganmend.catalog.load.read_file", read)
    for folder in ("empty/cat", "numbers/5", "unknown/zebra"):
        Path(folder).mkdir(parents=True)
    for folder in ("numbers/5", "unknown/zebra"):
        os.link("set/Frog/00.png", f"{folder}/0.png")
    more, message = REFUSED[case]
    assert run(monkeypatch, *DRAWING, "--out", "o", *more) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not Path("o").exists()
