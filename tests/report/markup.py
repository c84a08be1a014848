"""What stands in the tables of a piece of HTML, and which pictures it shows."""

import base64
import io
from html.parser import HTMLParser

from PIL import Image


class Markup(HTMLParser):
    """Rows of (text, class of the cell), addresses of pictures and links, what pictures show in words, and all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str]]] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.alternatives: list[str] = []
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = {name: value or "" for name, value in attrs}
        self.addresses += [found[name] for name in ("src", "href") if name in found]
        if tag == "img":
            self.alternatives.append(found.get("alt", ""))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append(("", found.get("class", "")))
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            text, kind = self.rows[-1][-1]
            self.rows[-1][-1] = (text + data, kind)

    def cells(self) -> list[list[str]]:
        """The text of each row's cells."""
        return [[text for text, _ in row] for row in self.rows]


def inline_picture(address: str) -> Image.Image:
    """The picture that an address holds."""
    head, _, data = address.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))
