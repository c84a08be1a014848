"""Text and JSON of a bounded size."""

import json
from pathlib import Path

from ganmend.errors import UnreadableError

LARGEST_TEXT = 1 << 20  # bytes; a config.json has some hundred, a thousand class names some ten thousand


def read_text(path: Path, largest: int = LARGEST_TEXT) -> str:
    """The text of a UTF-8 file.

    Args:
        path: of the file.
        largest: bytes that it may have.

    Returns:
        All of it.

    Raises:
        UnreadableError: longer, or no text.
    """
    try:
        if path.stat().st_size > largest:
            raise UnreadableError(f"is larger than {largest} bytes; expected a short text file")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError("is no UTF-8 text that can be read; save it again") from error


def parse_json(text: str) -> object:
    """What a JSON text says; NaN and Infinity, which JSON does not have, are refused.

    Args:
        text: the whole document.

    Returns:
        Dictionaries, lists, text, numbers, true, false or None.

    Raises:
        UnreadableError: longer than LARGEST_TEXT, nested too deep, or no JSON.
    """
    if len(text) > LARGEST_TEXT:
        raise UnreadableError(f"holds more than {LARGEST_TEXT} characters of JSON")
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"cannot be read as JSON ({error})") from error


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
