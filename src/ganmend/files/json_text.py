"""Text and JSON: read where it is of a bounded size, written as JSON is defined."""

import json
import math
from collections.abc import Mapping
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


def to_json(content: object, indent: int | None = 1) -> str:
    """Plain values as a JSON text in ASCII; what is no finite number becomes null, since JSON has neither NaN nor inf.

    Args:
        content: dictionaries, lists, tuples, text, numbers, true, false and None, nested as may be.
        indent: of nested values; None puts all in one line.

    Returns:
        The text, without a line's end.
    """
    return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _finite(content: object) -> object:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    return [_finite(value) for value in content] if isinstance(content, list | tuple) else content


def parse_json(text: str, largest: int = LARGEST_TEXT) -> object:
    """What a JSON text says; NaN and Infinity, which JSON does not have, are refused.

    Args:
        text: the whole document.
        largest: characters that it may have.

    Returns:
        Dictionaries, lists, text, numbers, true, false or None.

    Raises:
        UnreadableError: longer, nested too deep, or no JSON.
    """
    if len(text) > largest:
        raise UnreadableError(f"holds more than {largest} characters of JSON")
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"cannot be read as JSON ({error})") from error


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
