"""What stands in each file of a result directory."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.errors import OutputError
from ganmend.files.mark import MARK
from ganmend.report.directory import ResultFiles, write_result
from ganmend.report.grids import image_grid
from tests.metrics.certain import certain
from tests.report.markup import Markup, inline_picture
from tests.report.test_page import AFTER, BEFORE

EDIT = ClassEdit(torch.ones(1, 4), target="frog")
FILES = ResultFiles(
    title="repair frog",
    story=["It was sick.", "It is well."],
    facts={"seed": 3},
    metrics={"task": "repair", "seconds": 1.5, "before": BEFORE.as_dict()},
    config={"steps": 2, "judge": None},
    history=[{"step": 0, "loss": 0.5}, {"step": 10, "loss": 0.25}],
    pictures={"before": image_grid(-torch.ones(9, 3, 64, 64)), "after": image_grid(torch.zeros(9, 3, 64, 64))},
    verdict=certain(BEFORE, AFTER),
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write_result(tmp_path / "out", FILES, EDIT.save, overwrite=False)


def test_files_and_place(written: Path, tmp_path: Path) -> None:
    assert written == (tmp_path / "out").resolve()
    assert sorted(path.name for path in written.iterdir()) == [
        MARK, "before_after.png", "config.json", "embedding.safetensors", "history.jsonl", "metrics.json",
        "report.html", "samples.png",
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


def test_the_page_shows_the_picture_the_verdict_and_the_settings(written: Path) -> None:
    page = Markup((written / "report.html").read_text())
    for address, picture in zip(page.addresses, FILES.pictures.values(), strict=True):
        assert (np.asarray(inline_picture(address)) == np.asarray(picture)).all()
    cells = page.cells()
    assert cells[0] == ["judged by eye", "before", "after"]
    assert ["FID ↓", "60.5", "20.5 better"] in cells
    assert cells[-3:] == [["seed", "3"], ["steps", "2"], ["judge", "None"]]
    assert "<p>It was sick.</p><p>It is well.</p>" in (written / "report.html").read_text()
    assert "<title>repair frog</title>" in (written / "report.html").read_text()


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
