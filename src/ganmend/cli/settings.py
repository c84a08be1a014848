"""Search settings and sizes as they are typed."""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ganmend.errors import OptionError

if TYPE_CHECKING:
    from ganmend.search.config import SearchConfig


def typed_config(
    preset: str, settings: Sequence[str] | None, *, capacity: str = "", init: str = "", memory: str = ""
) -> "SearchConfig":
    """A preset with what was typed.

    Args:
        preset: by name.
        settings: NAME=VALUE each.
        capacity: of `--capacity`, or ''.
        init: of `--init`, or ''.
        memory: of `--memory`, or ''.

    Returns:
        The settings.

    Raises:
        OptionError: unknown name, a value of another type, or out of range.
    """
    from ganmend.search.config import search_config

    changes = parse_settings(settings)
    changes |= {name: value for name, value in (("capacity", capacity), ("init", init)) if value}
    changes |= {"memory": parse_gigabytes(memory)} if memory else {}
    return replace(search_config(preset), **changes)  # type: ignore[arg-type]


def parse_settings(settings: Sequence[str] | None) -> dict[str, object]:
    """Values that were typed, in SearchConfig's types.

    Args:
        settings: NAME=VALUE each, 'none' where a value may be left out; None is no setting.

    Returns:
        Values by name.

    Raises:
        OptionError: unknown name, or a value of another type.
    """
    from ganmend.search.config import SearchConfig

    kinds = {entry.name: getattr(entry.type, "__name__", str(entry.type)) for entry in fields(SearchConfig)}
    parsed: dict[str, object] = {}
    for text in settings or []:
        name, equals, value = text.partition("=")
        if not equals or name not in kinds:
            near = "".join(f"; did you mean {one}" for one in get_close_matches(name, kinds, 1))
            raise OptionError(f"--set {text!r}: expected NAME=VALUE with NAME one of {', '.join(kinds)}{near}")
        try:
            parsed[name] = _convert(kinds[name], value)
        except (ValueError, KeyError) as error:
            raise OptionError(f"--set {text!r}: expected {_in_words(kinds[name])}") from error
    return parsed


def parse_gigabytes(text: str) -> float:
    """Read a size of memory.

    Args:
        text: such as '4GB', '4 GB', '500MB' or '4', which is gigabytes.

    Returns:
        Gigabytes, above 0.

    Raises:
        OptionError: none of these.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([GM]?)B?\s*", text, re.IGNORECASE)
    if found is None or not float(found[1]):
        raise OptionError(f"--memory {text!r}: expected a size such as 4GB or 500MB")
    return float(found[1]) / (1000 if found[2].upper() == "M" else 1)


def _in_words(kind: str) -> str:
    """The values of a type, such as 'a number, or none'."""
    name, _, optional = kind.partition(" | ")
    words = {"int": "a whole number", "float": "a number", "bool": "true or false"}
    return words.get(name, name) + ", or none" * bool(optional)


def _convert(kind: str, value: str) -> object:
    if value == "none" and kind.endswith("| None"):
        return None
    if kind.startswith("bool"):
        return {"true": True, "false": False}[value.lower()]
    if kind == "int":
        return int(value)
    if kind.startswith("float"):
        return float(value)
    return value
