"""Files that a page's question names: gradio would read any of this machine's, or fetch it from another server."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from ganmend.errors import GanmendError
from ganmend.files.json_text import parse_json


def names_other_files(body: bytes, host: str, is_served: Callable[[str], bool]) -> bool:
    """Whether a question names a file that no visitor may fetch.

    Args:
        body: JSON, as the page sends it.
        host: of this server, as the visitor's browser calls it.
        is_served: whether a path leads to a file that visitors may fetch.

    Returns:
        Whether it does; also of what is no JSON.
    """
    try:
        content = parse_json(body.decode())
    except (GanmendError, UnicodeDecodeError):
        return True
    return not all(_may_be(one, host, is_served) for one in _objects(content))


def _may_be(value: dict[str, object], host: str, is_served: Callable[[str], bool]) -> bool:
    """Whether an object is no file, or one that visitors may fetch from here."""
    path, url = value.get("path"), value.get("url")
    if url is not None and (not isinstance(url, str) or not _is_own(url, host)):
        return False
    return path is None or (isinstance(path, str) and is_served(path))


def _is_own(url: str, host: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.netloc in ("", host) and parts.scheme in ("", "http", "https")


def _objects(content: object) -> Iterator[dict[str, object]]:
    """All JSON objects at any depth."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
