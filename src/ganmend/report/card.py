"""The model card of a published embedding: README.md with the hub's metadata in front."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader

from ganmend.metrics.figures import FIGURES, format_figure, label


@dataclass(frozen=True)
class Card:
    """What the card of a published embedding says.

    Attributes:
        repository: OWNER/REPO that it stands in.
        file: the embedding's name there.
        generator: how others get the generator: a name, an address or a path.
        fingerprint: the generator's, or "".
        target: the class, or "".
        task: repair, repurpose or debias, or "".
        license: the hub's identifier, or "".
        picture: its name in the repository, or "".
        before: the judge's figures by name; empty where nobody judged.
        after: likewise; figures that only one of the two has are left out.
        beyond_a_row: what the embedding holds that no row of a class table can, in words.
    """

    repository: str
    file: str
    generator: str
    fingerprint: str = ""
    target: str = ""
    task: str = ""
    license: str = ""
    picture: str = ""
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    beyond_a_row: tuple[str, ...] = ()


def render_card(card: Card) -> str:
    """The card as Markdown, with the hub's metadata as YAML in front."""
    environment = Environment(
        loader=PackageLoader("ganmend.report", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    known = [key for key in FIGURES if card.before.get(key) is not None and card.after.get(key) is not None]
    rows = [
        (label(key, card.before, card.after), format_figure(card.before[key]), format_figure(card.after[key]))
        for key in known
    ]
    template = environment.get_template("card.md")
    return template.render(card=card, rows=rows, generator=shlex.quote(card.generator))
