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
        pictures: samples by caption, such as 'before' and 'after'.
        verdict: of a judge, or None.
        story: sentences that tell what was done.
        nearest: samples beside their nearest photographs, or None.
    """

    title: str
    pictures: Mapping[str, Image.Image]
    verdict: Comparison | None
    story: Sequence[str] = ()
    nearest: Image.Image | None = None


def render_page(title: str, edits: Sequence[Edit], settings: Mapping[str, object], facts: Mapping[str, object]) -> str:
    """One page of edited classes: what was done in words, pictures, figures, and how it was made.

    Args:
        title: of the page.
        edits: in order.
        settings: of the search by name, shown at the end.
        facts: by name, what else it takes to make the same again.

    Returns:
        HTML.
    """
    return environment().get_template("page.html").render(title=title, edits=edits, settings=settings, facts=facts)
