"""Figures for papers: PDF files that show all that they were given, the same for the same result."""

from pathlib import Path

import pytest
from PIL import Image

from ganmend.errors import OptionError
from ganmend.report.paper_figures import COLUMNS, check_matplotlib, save_curves, save_samples

RED, BLUE = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
HISTORY = [{"step": step, "trial": 0, "objective": -1.0, "target_probability": 0.5} for step in (0, 10)]


def test_without_matplotlib_nothing_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"--figures needs the package matplotlib; install ganmend\[figures\]"):
        check_matplotlib()


def test_samples_and_curves_are_pages_of_pdf_without_a_date(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    check_matplotlib()
    sizes = []
    for name, rows in (("two", {"before": [RED] * 30, "after": [BLUE]}), ("three", {"a": [RED], "b": [RED], "c": []})):
        path = tmp_path / f"{name}.pdf"
        save_samples(path, rows)
        content = path.read_bytes()
        assert content.startswith(b"%PDF")
        assert b"CreationDate" not in content
        sizes.append(content.count(b"/Subtype /Image"))
        save_samples(path, rows)
        assert path.read_bytes() == content
    assert sizes == [COLUMNS + 1, 2], "no more than a row holds"
    save_curves(tmp_path / "curves.pdf", HISTORY)
    assert (tmp_path / "curves.pdf").read_bytes().startswith(b"%PDF")
