"""`sample` for people who make pictures: seeds, the surest of many, walks, sweeps of truncations, labels, sheets."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from ganmend.catalog.load import load_generator
from ganmend.cli.drawn import Drawn
from ganmend.cli.sample_options import parse_seeds, parse_truncations
from ganmend.cli.sample_pictures import _names
from ganmend.edits.class_edit import class_row
from ganmend.errors import OptionError
from ganmend.report.labels import annotated_margins
from ganmend.workbench import pictures
from tests.cli.command import TINY, run
from tests.conftest import CIFAR10, make_classifier

WORDS = ["sample", TINY, "--precision", "float32", "--class-names", "names.txt"]
JUDGE = ["--judge", "other"]
TILE = 66  # pixels: 32 shown as 64, and 2 white ones


def sample(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    return run(monkeypatch, *WORDS, *words)


def pixels(path: str | Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def tiles(path: str | Path, left: int = 0, top: int = 0) -> np.ndarray:
    """The tiles of a grid below and right of its labels: (rows, columns, 64, 64, 3)."""
    grid = pixels(path)[top + 2 :, left + 2 :]
    rows, columns = grid.shape[0] // TILE, grid.shape[1] // TILE
    return grid.reshape(rows, TILE, columns, TILE, 3).swapaxes(1, 2)[:, :, :64, :64]


def as_tile(path: str | Path) -> np.ndarray:
    return pixels(path).repeat(2, 0).repeat(2, 1)


def judged(path: str | Path, name: str) -> float:
    image = torch.from_numpy(pixels(path)).permute(2, 0, 1)[None].float() / 127.5 - 1
    return make_classifier(1)(image).softmax(1)[0, CIFAR10.index(name)].item()


def test_a_seeds_picture_is_the_same_alone_and_in_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample(monkeypatch, "frog", "--seeds", "0-2,77", "--out", "list") == 0
    assert sorted(path.name for path in Path("list/frog").iterdir()) == [f"{s:05d}.png" for s in (0, 1, 2, 77)]
    assert sample(monkeypatch, "frog", "--seeds", "77", "--out", "alone") == 0
    assert sample(monkeypatch, "frog", "--seed", "77", "-n", "1", "--out", "first") == 0
    for other in ("alone/frog/00077.png", "first/frog/00000.png"):
        assert np.array_equal(pixels(other), pixels("list/frog/00077.png"))
    assert not np.array_equal(pixels("list/frog/00001.png"), pixels("list/frog/00077.png"))
    with Image.open("list/frog/00077.png") as picture:
        assert (picture.text["Seed"], picture.text["Sample"]) == ("77", "0")  # type: ignore[attr-defined]


def test_seeds_go_on_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["frog", "--seeds", "3,9,5", "--out"]
    assert sample(monkeypatch, *words, "whole") == 0
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    with monkeypatch.context() as patch:
        save, written = pictures.save_picture, iter([None, None])

        def interrupted(*given: object, **options: object) -> None:
            if next(written, "last") == "last":
                os.kill(os.getpid(), signal.SIGINT)
            save(*given, **options)  # type: ignore[arg-type]

        patch.setattr(pictures, "save_picture", interrupted)
        assert sample(patch, *words, "o") == 130
    signal.signal(signal.SIGINT, before)
    assert len(list(Path("o/frog").iterdir())) == 2
    assert sample(monkeypatch, "frog", "--seeds", "3,9,6", "--out", "o") == 2, "another list does not go on"
    assert sample(monkeypatch, *words, "o") == 0
    for name in ("00003.png", "00005.png", "00009.png"):
        assert np.array_equal(pixels(f"o/frog/{name}"), pixels(f"whole/frog/{name}"))


@pytest.mark.parametrize(
    ("how", "kept"),
    [(["--best", "3", "--of", "8"], 3), (["--keep", "0.4", "-n", "3"], 3), (["--seeds", "0-7", "--best", "3"], 3),
     (["--seeds", "0-7", "--keep", "0.5"], 4)],
)  # fmt: skip
def test_the_surest_are_kept(
    how: list[str], kept: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = ["--seeds", "0-7"] if "--seeds" in how else ["-n", "8"]
    assert sample(monkeypatch, "frog", *drawn, "--out", "all") == 0
    assert sample(monkeypatch, "frog", *how, *JUDGE, "--out", "o") == 0
    surely = {path.name: judged(path, "frog") for path in Path("all/frog").iterdir()}
    best = sorted(surely, key=lambda name: -surely[name])[:kept]
    assert sorted(path.name for path in Path("o/frog").iterdir()) == sorted(best)
    for name in best:
        assert np.array_equal(pixels(f"o/frog/{name}"), pixels(f"all/frog/{name}"))
        with Image.open(f"o/frog/{name}") as picture:
            said = float(picture.text["Probability"])  # type: ignore[attr-defined]
        assert said == pytest.approx(surely[name], abs=1e-6)
    capsys.readouterr()
    assert sample(monkeypatch, "frog", *how, *JUDGE, "--out", "g.png", "--json") == 0
    told = [f"{one['sample']:05d}.png" for one in json.loads(capsys.readouterr().out)["drawn"][0]["surest"]]
    assert told == best
    for place, name in enumerate(best):
        columns = round(kept**0.5)
        assert np.array_equal(tiles("g.png")[place // columns, place % columns], as_tile(f"all/frog/{name}"))


def test_a_walk_of_latents_passes_the_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample(monkeypatch, "frog", "2", "--seeds", "4,9,2", "--out", "o") == 0
    words = ["frog", "2", "--walk", "latents", "--seeds", "4,9,2", "-n", "4"]
    assert sample(monkeypatch, *words, "--out", "w.png") == 0
    shown = tiles("w.png")
    assert shown.shape[:2] == (2, 7)
    for row, label in enumerate(("frog", "2")):
        for column, seed in ((0, 4), (3, 9), (6, 2)):
            assert np.array_equal(shown[row, column], as_tile(f"o/{label}/{seed:05d}.png"))
    assert sample(monkeypatch, *words, "--labels", "--out", "w.gif") == 0
    with Image.open("w.gif") as film:
        assert film.n_frames == 7  # type: ignore[attr-defined]
    assert sample(monkeypatch, "frog", "--walk", "latents", "--seeds", "4,9,4", "-n", "2", "--out", "loop.png") == 0
    assert np.array_equal(tiles("loop.png")[0, 0], tiles("loop.png")[0, 2]), "a walk may come back"


def test_a_walk_of_classes_goes_through_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample(monkeypatch, "frog", "cat", "2", "--walk", "classes", "-n", "3", "--seed", "5", "--out", "w.png") == 0
    shown = tiles("w.png")
    assert shown.shape[:2] == (4, 5), "four latents, and the stop in the middle once"
    for column, (first, last) in ((0, ("frog", "cat")), (2, ("cat", "2"))):
        words = [first, "--to", last, "-n", "3", "--seed", "5", "--out", f"{column}.png"]
        assert sample(monkeypatch, *words) == 0
        assert np.array_equal(shown[:, column : column + 3], tiles(f"{column}.png"))


def test_labels_stand_beside_the_pictures_and_change_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, rows, columns in (
        (["frog", "2", "-n", "3"], ["frog", "bird"], []),
        (["frog", "-n", "4"], [], ["frog"]),
        (["frog", "cat", "--walk", "classes", "-n", "3"], [], ["frog", "", "cat"]),
        (["frog", "2", "--to", "cat", "-n", "2"], ["frog to cat", "bird to cat"], []),
    ):
        assert sample(monkeypatch, *words, "--out", "plain.png", "--overwrite") == 0
        assert sample(monkeypatch, *words, "--labels", "--out", "named.png", "--overwrite") == 0
        left, top = annotated_margins(rows, columns)
        assert np.array_equal(pixels("named.png")[top:, left:], pixels("plain.png"))
        beside = np.concatenate([pixels("named.png")[top:, :left].ravel(), pixels("named.png")[:top].ravel()])
        assert (beside < 100).any(), "something is written"


def test_several_that_show_one_class_are_named_apart() -> None:
    frog = class_row(load_generator(TINY), 6)
    typed = [Drawn("frog", "frog", frog, 6, "frog"), Drawn("runs/mended", "mended", frog, 6, "frog")]
    assert _names(typed) == ["frog", "frog, mended"]
    assert _names(typed[1:]) == ["frog"], "alone it has its class's name"


def test_each_frame_of_a_walk_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["frog", "cat", "bird", "--walk", "classes", "-n", "3"]
    assert sample(monkeypatch, *words, "--labels", "--out", "w.gif") == 0
    with Image.open("w.gif") as film:
        captions = [np.asarray(frame.convert("L"))[:22] < 100 for frame in ImageSequence.Iterator(film)]
    assert len({caption.tobytes() for caption in captions}) == 5, "frog, frog to cat, cat, cat to bird, bird"


def test_a_sweep_has_a_row_for_each_truncation(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["frog", "2", "-n", "3", "--seed", "5"]
    assert sample(monkeypatch, *words, "--truncations", "0.2,1", "--out", "s.png") == 0
    left, top = annotated_margins(["frog 0.2", "frog 1", "bird 0.2", "bird 1"], [])
    shown = tiles("s.png", left, top)
    assert shown.shape[:2] == (4, 3)
    for row, (label, truncation) in enumerate((("frog", "0.2"), ("frog", "1"), ("2", "0.2"), ("2", "1"))):
        one = ["--truncation", truncation, "--out", f"o{row}"]
        assert sample(monkeypatch, label, *words[2:], *one) == 0
        for column in range(3):
            assert np.array_equal(shown[row, column], as_tile(f"o{row}/{label}/{column:05d}.png"))


def test_a_sheet_for_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample(monkeypatch, "frog", "2", "-n", "4", "--sheets", "--out", "o") == 0
    assert sorted(path.name for path in Path("o").glob("*.png")) == ["2.png", "frog.png"]
    for label in ("frog", "2"):
        assert sample(monkeypatch, label, "-n", "4", "--out", f"{label}.png") == 0
        assert np.array_equal(pixels(f"o/{label}.png")[22:], pixels(f"{label}.png"))
    assert sample(monkeypatch, "frog", "--sheets", "--out", "o") == 2, "what is there is not replaced"


REFUSED = {
    "seeds and seed": (["--seeds", "0-3", "--seed", "5"], "--seeds and --seed exclude each other"),
    "seeds and n": (["--seeds", "0-3", "-n", "5"], "--seeds and -n exclude each other"),
    "two walks": (["--to", "cat", "--walk", "classes"], "--to and --walk exclude each other"),
    "a walk and a judge": (["--to", "cat", "--best", "2", "--of", "4"], "--best and --to exclude each other"),
    "two truncations": (["--truncations", "0.5", "--truncation", "1"], "--truncations and --truncation exclude"),
    "a sweep of sheets": (["--truncations", "0.5", "--sheets"], "--truncations and --sheets exclude each other"),
    "a judge alone": (["--judge", "other"], "--judge chooses samples only with --best or --keep"),
    "best of what": (["--best", "3", *JUDGE], "--best needs --of, or --seeds"),
    "of what": (["--of", "3"], "--of says of how many --best are taken"),
    "best without a judge": (["--best", "3", "--of", "4"], "--judge is needed for a generator of your own"),
    "more than all": (["--best", "5", "--of", "4", *JUDGE], "--best is 5; expected at most 4"),
    "none": (["--best", "0", "--of", "4", *JUDGE], "--best is 0; expected at least 1"),
    "no share": (["--keep", "0", *JUDGE], "keep is 0.0; expected a number above 0"),
    "a large share": (["--keep", "1.5", *JUDGE], "keep is 1.5; expected at most 1"),
    "a large share of seeds": (["--seeds", "1-4", "--keep", "2", *JUDGE], "keep is 2.0; expected at most 1"),
    "another walk": (["--walk", "moon"], "--walk 'moon': expected latents or classes"),
    "one seed": (["--walk", "latents", "--seeds", "3"], "give two --seeds"),
    "one class": (["--walk", "classes"], "goes through two classes or more"),
    "a seed twice": (["--seeds", "3,1-4"], "seed 3 came twice"),
    "labels of a folder": (["--labels"], "--labels are written into a picture"),
    "a sheet in a file": (["--sheets", "--out", "o.png"], "o.png is one picture"),
    "a sweep in a folder": (["--truncations", "0.5"], "o ends in no suffix"),
    "no truncation": (["--truncations", "0.5,2", "--out", "o.png"], "truncation is 2.0; expected a number above 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_the_generator_is_read(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*_words: object, **_options: object) -> None:
        raise AssertionError("the weights were read")

    monkeypatch.setattr("ganmend.catalog.load.read_file", read)
    more, message = REFUSED[case]
    assert sample(monkeypatch, "frog", *([] if "--out" in more else ["--out", "o"]), *more) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not Path("o").exists()


def test_a_judge_that_does_not_know_the_class(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("names.txt").write_text("\n".join(["zeppelin", *CIFAR10[1:]]))
    for what in ("zeppelin", "0"):
        assert sample(monkeypatch, what, "--best", "2", "--of", "4", *JUDGE, "--out", "o") == 2
        assert "zeppelin" in capsys.readouterr().err
    gan = load_generator(TINY)
    np.save("nameless.npy", gan.class_embeddings[:1].numpy())
    assert sample(monkeypatch, "nameless.npy", "--best", "2", "--of", "4", *JUDGE, "--out", "o") == 2
    assert "the judge tiny knows no class that nameless.npy shows" in capsys.readouterr().err


def test_lists_of_seeds() -> None:
    assert parse_seeds("0-3,77") == [0, 1, 2, 3, 77]
    assert parse_seeds(" 5 , 2 - 3 ") == [5, 2, 3]
    assert parse_seeds("7-7") == [7]


@pytest.mark.parametrize("text", ["", "3-1", "1,,2", "a", "-3", "1.5", "0-4294967295", "1-2-3", "99999999999", "٣"])
def test_lists_of_seeds_that_are_none(text: str) -> None:
    with pytest.raises(OptionError, match="--seeds"):
        parse_seeds(text)


def test_lists_of_truncations() -> None:
    assert parse_truncations("0.2, 0.5,1") == [0.2, 0.5, 1.0]
    for text in ("", "0.2,,1", "0", "1.1", "nan", "0.5,0.5", "a"):
        with pytest.raises(OptionError, match="truncation"):
            parse_truncations(text)
