"""One self-contained HTML page: pictures inline, no scripts, nothing loaded from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PIL import Image

from ganmend.metrics.comparison import Comparison
from ganmend.report.curves import Records
from ganmend.report.fragments import environment
from ganmend.report.story import Story


@dataclass(frozen=True)
class Edit:
    """One edited class on a page.

    Attributes:
        title: its heading.
        story: what was done and whether it worked.
        samples: by caption, such as 'before' and 'after'; those at the same place come from the same latent.
        photographs: a few real ones of the class.
        verdict: of a judge, or None.
        nearest: samples above their nearest photographs, or None.
        history: of the search, one record a validation and trial.
        keep: which state the search kept: 'best' or 'last'.
        facts: by name, what is the edit's own of what it takes to make the same again.
    """

    title: str
    story: Story
    samples: Mapping[str, Sequence[Image.Image]] = field(default_factory=dict)
    photographs: Sequence[Image.Image] = ()
    verdict: Comparison | None = None
    nearest: Image.Image | None = None
    history: Records = ()
    keep: str = "best"
    facts: Mapping[str, object] = field(default_factory=dict)


def render_page(title: str, edits: Sequence[Edit], settings: Mapping[str, object], facts: Mapping[str, object]) -> str:
    """One page of edited classes: what was done in words, pictures, curves, figures, and how it was made.

    Args:
        title: of the page, its only main heading.
        edits: in order.
        settings: of the search by name, shown at the end.
        facts: by name, what else it takes to make the same again.

    Returns:
        HTML.
    """
    return environment().get_template("page.html").render(title=title, edits=edits, settings=settings, facts=facts)
