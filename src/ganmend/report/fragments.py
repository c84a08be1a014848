"""Pieces of HTML that stand on a page or in a notebook: pictures inline, no scripts, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader
from PIL import Image

from ganmend.metrics.figures import FIGURES, HEADLINES, format_figure, label
from ganmend.metrics.verdict import Comparison, Verdict


def comparison(title: str, picture: Image.Image, verdict: Comparison | None) -> str:
    """Samples before and after and, where there is a verdict, its figures.

    Args:
        title: of the edit.
        picture: before (left) and after (right).
        verdict: of a judge, or None.

    Returns:
        HTML.
    """
    return environment().get_template("comparison.html").render(title=title, picture=picture, verdict=verdict)


def diagnosis_table(classes: Sequence[tuple[str, str, Verdict]], rule: str) -> str:
    """Name, mark and verdict of each class as an HTML table, under it the rule that marked them."""
    return environment().get_template("diagnosis.html").render(classes=classes, rule=rule, keys=HEADLINES)


def environment() -> Environment:
    """The templates of this room, with what they know of figures."""
    made = Environment(loader=PackageLoader("ganmend.report", "."), autoescape=True)
    made.filters |= {"inline": _inline, "figure": format_figure, "label": label}
    made.globals["figures"] = FIGURES
    return made


def _inline(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
