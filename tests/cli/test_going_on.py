"""`sample` into a folder, interrupted: what was drawn is kept, and the same command draws only what is missing."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganmend.edits import sampling
from ganmend.signals import ENDING
from ganmend.workbench import pictures
from tests.cli.command import TINY, names, run

WORDS = ["sample", TINY, "frog", "2", "-n", "5", "--precision", "float32", *names(), "--out"]
N = 10  # pictures in all


@pytest.fixture(autouse=True)
def _signals_as_in_a_terminal() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "BATCH", 2)


def end_at(monkeypatch: pytest.MonkeyPatch, picture: int, signals: int = 1) -> None:
    """Let a signal come, or several, when the picture of that number is about to be written."""
    written = 0

    def save(*words: object, **options: object) -> None:
        nonlocal written
        if written == picture:
            for _ in range(signals):
                os.kill(os.getpid(), signal.SIGINT)
        written += 1
        original(*words, **options)  # type: ignore[arg-type]

    original = pictures.save_picture
    monkeypatch.setattr(pictures, "save_picture", save)


def contents(folder: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).glob("*/*.png"))}


def pixels(folder: str) -> dict[str, bytes]:
    from PIL import Image

    return {name: Image.open(Path(folder, name)).tobytes() for name in contents(folder)}


def count_drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    drawn: list[int] = []

    def counted(*words: int, **options: object) -> object:
        drawn.append(words[1])
        return original(*words, **options)  # type: ignore[arg-type]

    original = sampling.sample_latents
    monkeypatch.setattr(sampling, "sample_latents", counted)
    return drawn


@pytest.mark.parametrize(("picture", "left"), [(1, 10), (4, 6), (8, 3), (9, 1)])
def test_the_same_command_draws_what_is_missing(
    picture: int, left: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *WORDS, "whole") == 0
    with monkeypatch.context() as patch:
        end_at(patch, picture)
        assert run(patch, *WORDS, "o") == 130
    assert "the same command goes on" in capsys.readouterr().err
    kept = contents("o")
    assert len(kept) == picture
    assert json.loads(Path("o/samples.json").read_text())["complete"] is False
    drawn = count_drawn(monkeypatch)
    assert run(monkeypatch, *WORDS, "o") == 0
    assert sum(drawn) == left, "the batch that was interrupted, and those after it"
    assert pixels("o") == pixels("whole"), "and each to the last bit"
    assert {name: data for name, data in contents("o").items() if name in kept} == kept
    assert json.loads(Path("o/samples.json").read_text())["complete"] is True
    assert run(monkeypatch, *WORDS, "o") == 2, "what is complete is not replaced"


def test_an_interrupted_run_may_be_interrupted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with monkeypatch.context() as patch:
            end_at(patch, 3)
            assert run(patch, *WORDS, "o") == 130
    assert len(contents("o")) == 6
    assert run(monkeypatch, *WORDS, "o") == 0
    assert len(contents("o")) == N


def test_what_comes_before_the_first_picture_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 0)
        assert run(patch, *WORDS, "o") == 130
    assert sorted(path.name for path in Path().iterdir()) == ["names.txt"]


def test_ctrl_c_twice_keeps_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    from ganmend.workbench.sample_folder import SampleRecord

    def impatient(record: SampleRecord, folder: Path) -> None:
        if any(folder.glob("*/*.png")):  # not when the folder is begun
            os.kill(os.getpid(), signal.SIGINT)
        write(record, folder)

    write = SampleRecord.write
    with monkeypatch.context() as patch:
        patch.setattr(SampleRecord, "write", impatient)
        end_at(patch, 4)
        assert run(patch, *WORDS, "o") == 130
    assert len(contents("o")) == 4
    assert run(monkeypatch, *WORDS, "o") == 0


@pytest.mark.parametrize(
    "change", [["--seed", "1"], ["--truncation", "0.5"], ["--bn-eps", "0.1"], ["-n", "6"], ["--precision", "bfloat16"]]
)
def test_another_command_does_not_go_on(
    change: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 3)
        assert run(patch, *WORDS, "o") == 130
    kept = contents("o")
    capsys.readouterr()
    assert run(monkeypatch, *WORDS, "o", *change) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"interrupted run of another command (ganmend sample {TINY} frog 2 -n 5" in line
    assert "--overwrite to begin anew" in line
    assert contents("o") == kept
    assert run(monkeypatch, *WORDS, "o", *change, "--overwrite") == 0
    assert len(contents("o")) == (12 if change[0] == "-n" else N)


def test_a_users_file_in_it_stays(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 3)
        assert run(patch, *WORDS, "o") == 130
    Path("o/frog/thesis.txt").write_text("five years")
    assert run(monkeypatch, *WORDS, "o") == 2
    assert "also holds frog/thesis.txt" in capsys.readouterr().err
    assert Path("o/frog/thesis.txt").read_text() == "five years"


def test_what_a_user_took_away_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        end_at(patch, 7)
        assert run(patch, *WORDS, "o") == 130
    before = contents("o")
    Path("o/frog/00001.png").unlink()
    assert run(monkeypatch, *WORDS, "o") == 0
    assert contents("o")["frog/00001.png"] == before["frog/00001.png"]
