"""Text beside a grid's rows and above its columns."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ganmend.report.grids import LABEL_HEIGHT

FONT_SIZE, MOST_MARGIN, GAP = 14, 240, 6  # pixels


def annotated(picture: Image.Image, rows: Sequence[str] = (), columns: Sequence[str] = ()) -> Image.Image:
    """A picture with a label at the left of each of several equal parts of its height, and above those of its width.

    Args:
        picture: RGB.
        rows: labels from top to bottom; () leaves no room for any.
        columns: from left to right, likewise; a label that is longer than its part goes on over those that are ''.

    Returns:
        RGB, larger by `annotated_margins`.
    """
    left, top = annotated_margins(rows, columns)
    canvas = Image.new("RGB", (picture.width + left, picture.height + top), "white")
    canvas.paste(picture, (left, top))
    draw = ImageDraw.Draw(canvas)
    for place, label in enumerate(rows):
        middle = top + round((place + 0.5) * picture.height / len(rows))
        draw.rectangle((0, middle - LABEL_HEIGHT // 2, left - 1, middle + LABEL_HEIGHT // 2), fill="white")
        draw.text((GAP // 2, middle), _shortened(label, MOST_MARGIN - GAP), fill="black", font=_font(), anchor="lm")
    for place, label in enumerate(columns):
        begin = left + round(place * picture.width / len(columns))
        room = _room(columns, place) * picture.width / len(columns)
        text = _shortened(label, room - GAP)
        draw.text((begin + GAP // 2, top // 2), text, fill="black", font=_font(), anchor="lm")
    return canvas


def annotated_margins(rows: Sequence[str], columns: Sequence[str]) -> tuple[int, int]:
    """How many pixels `annotated` adds at the left and at the top."""
    widest = max((round(_font().getlength(label)) for label in rows), default=0)
    return min(MOST_MARGIN, widest + GAP) if rows else 0, LABEL_HEIGHT if columns else 0


def _room(columns: Sequence[str], place: int) -> int:
    """How many columns a label may go over: its own, and those behind it that have none."""
    room = 1
    while place + room < len(columns) and not columns[place + room]:
        room += 1
    return room


def _shortened(label: str, width: float) -> str:
    """A label that fits, with dots for what does not."""
    if _font().getlength(label) <= width:
        return label
    while label and _font().getlength(f"{label}...") > width:
        label = label[:-1]
    return f"{label}..." if label else ""


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(FONT_SIZE)
