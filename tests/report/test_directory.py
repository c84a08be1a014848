"""What stands in each file of a result directory."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.errors import OutputError
from ganmend.files.mark import MARK
from ganmend.report.directory import ResultFiles, write_result
from ganmend.report.grids import image_grid
from ganmend.report.page import Edit
from ganmend.report.tiles import from_strip
from tests.metrics.certain import certain
from tests.report.markup import Markup, inline_picture
from tests.report.test_page import AFTER, BEFORE, STORY

EDIT = ClassEdit(torch.ones(1, 4), target="frog")
RED, BLUE = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
HISTORY: list[dict[str, float | int]] = [
    {"step": step, "trial": 0, "objective": value} for step, value in ((0, -0.5), (10, -0.25))
]
SAMPLES = {"before": [RED], "after": [BLUE, RED]}
FILES = ResultFiles(
    edit=Edit("repair frog", STORY, SAMPLES, (BLUE, RED), certain(BEFORE, AFTER), history=HISTORY),
    facts={"seed": 3},
    metrics={"task": "repair", "seconds": 1.5, "before": BEFORE.as_dict()},
    config={"steps": 2, "judge": None},
    history=HISTORY,
    pictures={"before": image_grid(-torch.ones(9, 3, 64, 64)), "after": image_grid(torch.zeros(9, 3, 64, 64))},
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write_result(tmp_path / "out", FILES, EDIT.save, overwrite=False)


def test_files_and_place(written: Path, tmp_path: Path) -> None:
    assert written == (tmp_path / "out").resolve()
    assert sorted(path.name for path in written.iterdir()) == [
        MARK, "before_after.png", "config.json", "embedding.safetensors", "history.jsonl", "metrics.json",
        "photographs.png", "report.html", "samples.png",
    ]  # fmt: skip
    assert load_edit(written / "embedding.safetensors").target == "frog"


def test_figures_settings_and_history(written: Path) -> None:
    assert json.loads((written / "metrics.json").read_text()) == FILES.metrics
    assert json.loads((written / "config.json").read_text()) == FILES.config
    lines = (written / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == FILES.history


def test_pictures(written: Path) -> None:
    grid = 8 * 66 + 2
    with Image.open(written / "samples.png") as picture:
        assert picture.size == (grid, 2 * 66 + 2)
        assert picture.getpixel((30, 30)) == (127, 127, 127), "samples are those after"
    with Image.open(written / "before_after.png") as picture:
        assert picture.width == 2 * grid + 16
        assert picture.getpixel((30, 60)) == (0, 0, 0), "before stands left"
        assert picture.getpixel((grid + 16 + 30, 60)) == (127, 127, 127), "after stands right"


def test_photographs_and_nearest_ones_have_files_where_there_are_some(written: Path, tmp_path: Path) -> None:
    with Image.open(written / "photographs.png") as picture:
        assert [one.tobytes() for one in from_strip(picture)] == [BLUE.tobytes(), RED.tobytes()]
    assert not (written / "nearest.png").exists()
    edit = replace(FILES.edit, photographs=(), nearest=RED)
    other = write_result(tmp_path / "other", replace(FILES, edit=edit), EDIT.save, overwrite=False)
    assert not (other / "photographs.png").exists()
    with Image.open(other / "nearest.png") as picture:
        assert picture.tobytes() == RED.tobytes()


def test_the_page_shows_the_pictures_the_verdict_and_the_settings(written: Path) -> None:
    text = (written / "report.html").read_text()
    page = Markup(text)
    shown = [inline_picture(address).getpixel((0, 0)) for address in page.addresses]
    assert shown == [one.getpixel((0, 0)) for one in (RED, BLUE, RED, BLUE, RED)]
    cells = page.cells()
    assert cells[0] == ["judged by eye", "before", "after"]
    assert ["FID ↓", "60.5", "20.5 ✓ better"] in cells
    assert cells[-3:] == [["seed", "3"], ["steps", "2"], ["judge", "None"]]
    assert "<title>repair frog</title>" in text
    assert 'step 10">' in text, "the curve of the history"


def test_a_directory_is_replaced_only_where_that_was_asked_for(written: Path) -> None:
    (written / "samples.png").write_bytes(b"of before")
    with pytest.raises(OutputError, match="--overwrite"):
        write_result(written, FILES, EDIT.save, overwrite=False)
    assert (written / "samples.png").read_bytes() == b"of before"
    write_result(written, FILES, EDIT.save, overwrite=True)
    assert (written / "samples.png").read_bytes() != b"of before"


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def failing(_: Path) -> None:
        raise OutputError("no space left")

    with pytest.raises(OutputError, match="no space left"):
        write_result(tmp_path / "out", FILES, failing, overwrite=False)
    assert list(tmp_path.iterdir()) == []
