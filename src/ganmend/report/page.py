"""One self-contained HTML page: pictures inline, no scripts, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader
from PIL import Image

from ganmend.report.figures import format_figure, label

Figures = Mapping[str, float | int | None]


@dataclass(frozen=True)
class Edit:
    """One edited class on a page."""

    title: str
    picture: Image.Image
    before: Figures
    after: Figures


# Figures of an edit, and whether more is better.
SHOWN = {
    "judge_accuracy": True,
    "fid": False,
    "kid": False,
    "coverage": True,
    "recall": True,
    "diversity": True,
    "ms_ssim": False,
}


def render_page(title: str, edits: list[Edit], settings: Mapping[str, object]) -> str:
    """The page as a string."""
    environment = Environment(loader=PackageLoader("ganmend.report", "."), autoescape=True)
    environment.filters["inline"] = _inline
    environment.filters["figure"] = format_figure
    environment.filters["label"] = label
    return environment.get_template("page.html").render(title=title, edits=edits, settings=settings, shown=SHOWN)


def _inline(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
