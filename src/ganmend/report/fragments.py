"""Pieces of HTML that stand on a page or in a notebook: pictures inline, no scripts, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader
from PIL import Image

from ganmend.metrics.figures import FIGURES, format_figure, format_interval, headlines, label
from ganmend.report.curves import HEIGHT, WIDTH, panels
from ganmend.report.picture_file import encoded

if TYPE_CHECKING:  # a page of plain values is made without PyTorch
    from ganmend.metrics.comparison import Comparison
    from ganmend.metrics.verdict import Verdict

FACTS = "ganmend facts"  # in `Image.info`: what a picture shows, plain values by name


def comparison(
    title: str, pictures: Mapping[str, Image.Image], verdict: "Comparison | None", nearest: Image.Image | None = None
) -> str:
    """For a notebook: samples before and after and, where there is a verdict, its figures, and what speaks against it.

    Args:
        title: of the edit.
        pictures: samples by caption, such as 'before' and 'after'.
        verdict: of a judge, or None.
        nearest: samples beside their nearest photographs, or None.

    Returns:
        HTML.
    """
    template = environment().get_template("comparison.html")
    return template.render(title=title, pictures=pictures, verdict=verdict, nearest=nearest)


def diagnosis_table(classes: "Sequence[tuple[str, str, Verdict]]", rule: str) -> str:
    """The verdicts on many classes, one row each.

    Args:
        classes: name, mark and verdict of each, in the order of the rows.
        rule: that marked them; stands under the table.

    Returns:
        HTML.
    """
    keys = headlines(*(verdict.as_dict() for _, _, verdict in classes))
    return environment().get_template("diagnosis.html").render(classes=classes, rule=rule, keys=keys)


def environment() -> Environment:
    """The HTML templates of this room: they know the figures, their labels and how to write them, and escape text.

    A page of one's own extends 'frame.html', which holds the style sheet and the heading, and fills its block 'body'.
    """
    made = Environment(
        loader=PackageLoader("ganmend.report", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "inline": inline,
        "thumbnail": thumbnail,
        "figure": format_figure,
        "label": label,
        "interval": format_interval,
    }
    made.globals |= {"figures": FIGURES, "headlines": headlines, "panels": panels, "panel_size": (WIDTH, HEIGHT)}
    return made


def inline(picture: Image.Image) -> str:
    """A picture as an address that holds it: a PNG, with the facts of `picture.info[FACTS]` as its texts."""
    if facts := picture.info.get(FACTS):
        content = encoded("PNG", [picture], facts)
    else:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        content = buffer.getvalue()
    return "data:image/png;base64," + base64.b64encode(content).decode()


def thumbnail(picture: Image.Image) -> str:
    """A picture as an address that holds it, a JPEG: a fifth of a PNG's size, for pages of a thousand pictures."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
