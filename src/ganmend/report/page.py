"""One self-contained HTML page: pictures inline, no scripts, nothing loaded from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from ganmend.metrics.comparison import Comparison
from ganmend.report.fragments import environment


@dataclass(frozen=True)
class Edit:
    """One edited class on a page.

    Attributes:
        title: its heading.
        picture: samples before (left) and after (right).
        verdict: of a judge, or None.
    """

    title: str
    picture: Image.Image
    verdict: Comparison | None


def render_page(title: str, edits: Sequence[Edit], settings: Mapping[str, object]) -> str:
    """One page of edited classes, with the settings that they were found by.

    Args:
        title: of the page.
        edits: in order.
        settings: by name, shown at the end.

    Returns:
        HTML.
    """
    return environment().get_template("page.html").render(title=title, edits=edits, settings=settings)
