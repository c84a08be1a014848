"""Classes by name or index; a wrong name is answered with the nearest ones."""

import difflib
from collections.abc import Sequence

from ganmend.errors import ClassNameError


def find_class(wanted: str | int, names: Sequence[str], where: str = "the generator") -> int:
    """The index of a class given by name (any case; spaces, '-' and '_' alike) or index.

    Raises:
        ClassNameError: not there; the message names the nearest.
    """
    text = str(wanted).strip()
    if text.lstrip("-").isdigit():
        if not 0 <= int(text) < len(names):
            raise ClassNameError(f"class index {text} is outside 0 to {len(names) - 1}, the classes of {where}")
        return int(text)
    plain = [_plain(name) for name in names]
    if _plain(text) in plain:
        return plain.index(_plain(text))
    nearest = difflib.get_close_matches(_plain(text), plain, n=3, cutoff=0.3) or plain[:3]
    shown = ", ".join(names[plain.index(name)] for name in nearest)
    raise ClassNameError(f"{where} has no class {text!r}; the nearest are: {shown}")


def _plain(name: str) -> str:
    return name.lower().replace("-", " ").replace("_", " ").strip()
