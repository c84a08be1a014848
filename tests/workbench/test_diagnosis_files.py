"""What a diagnosis writes: each class's own samples under its name, on sheets of bounded height and on the page."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.progress import Progress
from ganmend.report.grids import image_grid
from ganmend.report.labels import annotated_margins
from ganmend.workbench.diagnosis import Diagnosis
from ganmend.workbench.diagnosis_files import COLUMNS, ON_PAGE, sheet_name, sheets_of, write_diagnosis
from ganmend.workbench.marks import ClassDiagnosis
from ganmend.workbench.workbench import Workbench
from tests.report.markup import Markup
from tests.report.test_page import AFTER, BEFORE

FOUND = Diagnosis(
    (ClassDiagnosis(7, "<b>horse", "biased", 0.5, AFTER), ClassDiagnosis(2, "bird", "", -0.25, BEFORE)), "the rule", (),
    ("a note",),
)  # fmt: skip


@pytest.fixture(scope="module")
def written(bench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, seen = tmp_path_factory.mktemp("diagnosis"), list[Progress]()
    write_diagnosis(
        folder, bench, FOUND, FOUND.classes, seed=5, title="<T>", facts={"seed": 5}, on_progress=seen.append
    )
    assert [(event.stage, event.done, event.total) for event in seen] == [("drawing", 2, 2)]
    return folder


def test_a_sheet_has_a_row_of_samples_beside_each_class(bench: Workbench, written: Path) -> None:
    drawn = torch.cat([torch.cat(list(bench.sample(index, COLUMNS, seed=5))) for index in (7, 2)])
    left, _ = annotated_margins(["7 <b>horse biased", "2 bird"], [])
    with Image.open(written / "contact_sheet.png") as sheet:
        assert (np.asarray(sheet)[:, left:] == np.asarray(image_grid(drawn, COLUMNS))).all()
        assert (np.asarray(sheet)[:, :left] < 128).any(), "the names"


def test_the_page_has_the_same_rows(bench: Workbench, written: Path) -> None:
    text = (written / "report.html").read_text()
    page = Markup(text)
    head, horse, bird = page.cells()[:3]
    assert head[:5] == ["class", "mark", "samples", "index", "severity"]
    assert head[5:] == ["accuracy ↑", "FID ↓", "precision ↑", "recall ↑", "coverage ↑", "diversity ↑"]
    assert horse == ["<b>horse", "✗ biased", "", "7", "0.5", "0.93", "20.5", "0.72", "0.76", "0.86", "4.5"]
    assert bird[:5] == ["bird", "", "", "2", "-0.25"]
    assert page.alternatives == ["<b>horse: samples", "bird: samples"]
    assert "1 of 2 classes are marked as sick: 1 biased" in text
    assert "The rule. " in text
    assert "A note." in text
    assert "&lt;T&gt;" in text
    head, _, data = page.addresses[0].partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as strip:
        expected = torch.cat(list(bench.sample(7, ON_PAGE, seed=5)))
        shades = np.asarray(strip).astype(float).reshape(32, ON_PAGE, 32, 3).mean((0, 2, 3))
        # JPEG keeps the mean of a picture to within a shade or two.
        assert np.abs(shades - ((expected + 1) * 127.5).mean((1, 2, 3)).numpy()).max() < 3


def test_a_page_needs_no_script_and_loads_nothing(written: Path) -> None:
    text = (written / "report.html").read_text()
    page = Markup(text)
    assert page.tags.count("script") == 1
    assert "button" not in page.tags, "what only a script can serve is made by it"
    assert "://" not in text
    assert "link" not in page.tags


def test_a_thousand_classes_stand_on_sheets_of_bounded_height() -> None:
    many = [ClassDiagnosis(index, str(index), "", 0.0, BEFORE) for index in range(1000)]
    for resolution, fit in ((32, 50), (64, 50), (128, 25), (512, 6), (4096, 1)):
        sheets = sheets_of(many, resolution)
        assert {len(sheet) for sheet in sheets[:-1]} == {fit}
        assert [entry for sheet in sheets for entry in sheet] == many
    assert [sheet_name(number, 20) for number in (1, 20)] == ["contact_sheet_01.png", "contact_sheet_20.png"]
    assert sheet_name(1, 1) == "contact_sheet.png"
