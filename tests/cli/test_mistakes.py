"""Every mistake is one line on stderr and exit status 2, and writes nothing."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ganmend.edits.class_edit import ClassEdit
from tests.cli.command import QUICK, TINY, names, run


class Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("it ran",)


def prepare_bad_files() -> None:
    Path("empty.pth").touch()
    Path("cut.pth").write_bytes(Path(TINY).read_bytes()[:5000])
    Path("code.pth").write_bytes(pickle.dumps(Code(), protocol=2))
    torch.save({"linear.weight": torch.ones(1, 4), "embed.weight": torch.ones(4, 4)}, "D.pth")
    torch.save({"blocks.0.0.bn1.gain.weight": torch.ones(4, 4)}, "sagan.pth")
    ClassEdit(torch.zeros(1, 64)).save(Path("narrow.safetensors"))
    ClassEdit(torch.zeros(1, 128), generator="another").save(Path("foreign.safetensors"))
    np.save("nan.npy", np.full((1, 128), np.nan, np.float32))
    Path("nothing").mkdir()
    Path("taken").mkdir()
    Path("folder.png").mkdir()
    Path("taken.png").touch()


REPAIR = ["repair", TINY, "frog", "--classifier", "tiny", "--out", "o"]
MISTAKES = {
    "missing checkpoint": (["info", "absent.pth"], "no file at"),
    "empty checkpoint": (["info", "empty.pth"], "is empty"),
    "truncated checkpoint": (["info", "cut.pth"], "truncated"),
    "discriminator": (["info", "D.pth"], "discriminator"),
    "SAGAN": (["info", "sagan.pth"], "no shared class embedding"),
    "pickle with code": (["info", "code.pth"], "code"),
    "unknown class": (["sample", TINY, "zebra", "--out", "o", *names()], "nearest are"),
    "unknown index": (["sample", TINY, "12", "--out", "o"], "0 to 9"),
    "narrow embedding": (["sample", TINY, "narrow.safetensors", "--out", "o"], "width 64"),
    "foreign embedding": (["sample", TINY, "foreign.safetensors", "--out", "o"], "--force"),
    "NaN embedding": (["sample", TINY, "nan.npy", "--out", "o"], "NaN"),
    "missing embedding": (["sample", TINY, "absent.npy", "--out", "o"], "no embedding file"),
    "unknown target": (["repair", TINY, "zebra", "--classifier", "tiny", "--out", "o"], "nearest are"),
    "NaN classifier": (["repair", TINY, "frog", "--classifier", "broken", "--out", "o", *QUICK, *names()], "NaN"),
    "no classifier": (["repair", TINY, "frog"], "classifier is needed for a generator of your own"),
    "no class": (["repair", TINY, "--classifier", "tiny"], "no class to repair"),
    "existing out": ([*REPAIR, "--out", "taken", *names()], "--overwrite"),
    "unwritable out": ([*REPAIR, *QUICK, "--out", "/proc/ganmend/out", *names()], "/proc"),
    "picture in an unwritable place": (["sample", TINY, "0", "--out", "/proc/ganmend/g.png"], "/proc"),
    "picture that exists": (["sample", "absent.pth", "0", "--out", "taken.png"], "--overwrite"),
    "picture in place of a folder": (
        ["sample", "absent.pth", "0", "--out", "folder.png", "--to", "1", "--overwrite"],
        "a directory",
    ),
    "walk into a folder": (["sample", "absent.pth", "0", "--out", "o", "--to", "1"], "o ends in no suffix"),
    "walk of one picture": (["sample", "absent.pth", "0", "--out", "o.png", "--to", "1", "-n", "1"], "at least 2"),
    "unknown kind of picture": (["sample", "absent.pth", "0", "--out", "o.bmp"], "ends in .bmp; expected .png, .jpg"),
    "film of what does not move": (["sample", "absent.pth", "0", "--out", "o.GIF"], "nothing moves here"),
    "too large a grid": (["sample", TINY, "0", "--out", "o.png", "-n", "99999999"], "pixels was asked for"),
    "too wide for its kind": (["sample", TINY, "0", "1", "--out", "o.webp", "-n", "300"], "sides up to 16383"),
    "folder that exists": (["sample", "absent.pth", "0", "--out", "taken"], "--overwrite"),
    "no samples": (["sample", TINY, "frog", "-n", "0", "--out", "o", *names()], "at least 1"),
    "no images": ([*REPAIR, "--real", "nothing", *names()], "nothing holds no picture"),
    "unknown setting": ([*REPAIR, "--set", "stepz=3", *names()], "; did you mean steps;"),
    "bad optional value": ([*REPAIR, "--set", "noise=much", *names()], "expected a number, or none"),
    "edit as the generator": (["nearest", "narrow.safetensors", "0"], "holds a class edit, no generator"),
    "bad value": ([*REPAIR, "--set", "steps=many", *names()], "expected a whole number"),
    "unknown preset": ([*REPAIR, "--preset", "fast", *names()], "unknown preset"),
    "unknown precision": ([*REPAIR, "--precision", "half", *names()], "unknown precision"),
    "no amount of memory": ([*REPAIR, "--memory", "much", *names()], "such as 4GB"),
    "batch of one": (["bench", TINY, "--classifier", "tiny", "--batch", "1"], "at least 2"),
    "no such device": ([*REPAIR, "--device", "cuda:77", *names()], "not on this machine"),
    "wrong truncation": (["sample", TINY, "0", "--truncation", "2", "--out", "o"], "at most 1"),
    "no names file": (["info", TINY, "--class-names", "places"], "'imagenet' or 'places365'"),
    "names of another table": (["info", TINY, "--class-names", "places365"], "365 class names"),
    "seed of more than 64 bits": (["sample", TINY, "0", "--seed", str(2**70), "--out", "o"], "seed is 1180591620717"),
    "seed of a search": ([*REPAIR, "--seed", str(-(2**70)), *names()], "expected at least -9223372036854775808"),
    "class of 5,000 digits": (["sample", TINY, "9" * 5000, "--out", "o"], "outside 0 to 9"),
    "long name": (["sample", TINY, "0", "--out", "o" * 300], "longer than 200 bytes"),
    "long name of a picture": (["sample", TINY, "0", "--out", "o" * 300 + ".png"], "longer than 200 bytes"),
    "the root folder": (["sample", TINY, "0", "--overwrite", "--out", "/"], "was not written by ganmend"),
    "a device": (["sample", TINY, "0", "--overwrite", "--out", "/dev/full"], "is a device or a pipe"),
    "part of a step": ([*REPAIR, "--set", "steps=2.5", *names()], "expected a whole number"),
    "negative patience": ([*REPAIR, "--set", "patience=-3", *names()], "at least 0"),
    "infinite noise": ([*REPAIR, "--set", "noise=inf", *names()], "noise is inf"),
    "overwhelming diversity": ([*REPAIR, "--set", "diversity_weight=1e38", *names()], "at most 1e+06"),
    "number of names": (["info", TINY, "--class-names", "two.txt"], "2 class names"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda name: name.replace(" ", "-"))
def test_a_mistake_is_one_line(
    mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_bad_files()
    Path("two.txt").write_text("a\nb\n")
    before = sorted(Path().rglob("*"))
    words, expected = MISTAKES[mistake]
    assert run(monkeypatch, *words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("ganmend: ")
    assert expected in lines[0]
    assert sorted(Path().rglob("*")) == before, "nothing is written"


def test_an_unknown_option_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "info", TINY, "--wrong") == 2


def test_a_deleted_working_directory_is_named_before_anything_is_loaded(tmp_path: Path) -> None:
    """PyTorch's libraries would end the program there with a message of their own."""
    gone = tmp_path / "gone"
    gone.mkdir()
    words = ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "ganmend", "info", "demo"]
    ended = subprocess.run(words, cwd=gone, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "ganmend: the folder that you are in was deleted; change into another one\n"


def test_a_working_directory_that_is_deleted_meanwhile_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)

    def delete_it(*words: object, **more: object) -> None:
        gone.rmdir()
        Path.cwd()

    monkeypatch.setattr("ganmend.cli.app", delete_it)
    assert run(monkeypatch, "info", TINY) == 1
    said = "ganmend: the folder that you are in was deleted meanwhile; change into another one\n"
    assert capsys.readouterr() == ("", said)
