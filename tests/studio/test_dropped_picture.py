"""A picture that is given back tells what made it; one that somebody else wrote tells plain names at most."""

from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ganmend.errors import ImageFolderError
from ganmend.report.picture_file import save_picture
from ganmend.studio.dropped_picture import MOST_SEEDS, Made, made_by

FINGERPRINT, JOB = "0123456789abcdef", "20261126-151200-frog-3f2a"


def ours(folder: Path, **facts: object) -> Path:
    path = folder / "picture.png"
    save_picture(path, "PNG", [Image.new("RGB", (8, 8))], {"generator": FINGERPRINT, **facts})
    return path


def test_a_grid_of_samples_tells_its_classes_and_seeds(tmp_path: Path) -> None:
    classes = [{"index": 6, "name": "frog"}, {"index": 3, "name": ""}, None]
    path = ours(tmp_path, seed=7, classes=classes, to=None, samples=4, seeds="0-2,77")
    assert made_by(path) == Made(FINGERPRINT, ("frog", "3"), "", 7, (0, 1, 2, 77), "")


def test_a_walk_tells_where_it_ends_and_a_job_s_picture_its_job(tmp_path: Path) -> None:
    frog, ship = {"index": 6, "name": "frog"}, {"index": 8, "name": "ship"}
    made = made_by(ours(tmp_path, seed=1, classes=[frog], to=ship))
    assert (made.classes, made.to, made.seed) == (("frog",), "ship", 1)
    assert made_by(ours(tmp_path, job=JOB)).job == JOB


def test_a_picture_of_a_folder_tells_its_class(tmp_path: Path) -> None:
    made = made_by(ours(tmp_path, seed=0, **{"class": "frog", "index": 6, "samples": 16}))
    assert made.classes == ("frog",)
    assert made_by(ours(tmp_path, **{"class": 7, "index": 6})).classes == ("7",), "a class may be called so"


def test_what_sample_writes_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ganmend.cli import app

    words = ["sample", "demo", "frog", "--seeds", "3,5", "--out", str(tmp_path / "s.png")]
    app(words, standalone_mode=False)
    made = made_by(tmp_path / "s.png")
    assert (made.classes, made.seeds) == (("frog",), (3, 5))
    assert made.generator, "whose generator it is"


@pytest.mark.parametrize(
    "facts",
    [
        {"job": "../../../etc/passwd"}, {"job": JOB + "/.."}, {"classes": "frog"}, {"classes": [["frog"]]},
        {"classes": [{"name": {"a": 1}, "index": -1}]}, {"class": "x" * 200_000}, {},
    ],
)  # fmt: skip
def test_what_names_no_class_and_no_job_is_refused(facts: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ImageFolderError, match=r"^picture\.png is no PNG that ganmend drew"):
        made_by(ours(tmp_path, **facts))


def test_a_lie_is_of_bounded_size(tmp_path: Path) -> None:
    classes = [{"name": f"c{n}" + "x" * 500} for n in range(150)]
    made = made_by(ours(tmp_path, classes=classes, seeds="0-999999999999,5", seed="10" * 50, generator="<script>"))
    assert len(made.seeds) == MOST_SEEDS
    assert max(map(len, made.classes)) == 200
    assert made.generator == ""
    assert made.seed == 0


def test_other_files_are_told_in_one_line(tmp_path: Path) -> None:
    other, broken, photograph = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"
    texts = PngInfo()
    texts.add_text("Class", "frog")
    Image.new("RGB", (8, 8)).save(other, pnginfo=texts)
    broken.write_bytes(other.read_bytes()[:60])
    Image.new("RGB", (8, 8)).save(photograph, "JPEG")
    for path in (other, broken, photograph, tmp_path, tmp_path / "none.png"):
        with pytest.raises(ImageFolderError, match="is no PNG that ganmend drew with a note") as told:
            made_by(path)
        assert str(tmp_path) not in str(told.value)
