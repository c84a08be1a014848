"""Several classes, as a user lists them: names, indices and ranges of indices, in one text or one a line in a file."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ganmend.catalog.names import MOST_DIGITS, find_class, is_index, knows_class
from ganmend.catalog.source import lines_in
from ganmend.errors import ClassNameError, OptionError

RANGE = re.compile(r"([0-9]+) *- *([0-9]+)")
ALL = "all"
EXPECTED = "expected names, indices or ranges such as 0-99, with commas between them, or a text file with one a line"
Wanted = str | Sequence[str | int]


def wanted_classes(wanted: Wanted, names: Sequence[str], option: str = "only") -> list[int]:
    """The classes that a user lists.

    Args:
        wanted: 'all'; or names, indices and ranges with both ends (0-99), with commas between them; or the path of a
            text file with one of these a line, where a name may hold commas; or a sequence of names and indices. Text
            that is a class's name means that class.
        names: of all the generator's classes.
        option: that was given, for messages.

    Returns:
        Their indices, in the order in which they were listed.

    Raises:
        ClassNameError: one is not known; the message names the nearest.
        OptionError: none is listed, or one twice; a range runs backwards; the file cannot be read; or something else
            came than a list of classes.
    """
    found: dict[int, None] = {}
    for where, term in _terms(wanted, names, option):
        try:
            indices = _indices(term, names)
        except (ClassNameError, OptionError) as error:
            raise type(error)(f"{where}: {error}") from error
        if twice := [index for index in indices if index in found]:
            raise OptionError(f"{where} lists class {twice[0]}, {names[twice[0]]!r:.80}, again; list each class once")
        found |= dict.fromkeys(indices)
    if not found:
        raise OptionError(f"{option} lists no class; {EXPECTED}")
    return list(found)


def _terms(wanted: Wanted, names: Sequence[str], option: str) -> Iterator[tuple[str, str | int]]:
    """Each entry of the list, with where it stands.

    Args:
        wanted: see `wanted_classes`.
        names: of all classes.
        option: for messages.

    Yields:
        Where it was found, and a name, an index or a range.

    Raises:
        OptionError: the file cannot be read, or an entry is neither text nor a whole number.
    """
    if not isinstance(wanted, str):
        for entry in wanted if isinstance(wanted, Sequence) else [wanted]:
            if isinstance(entry, bool) or not isinstance(entry, str | int):
                raise OptionError(f"{option} lists {entry!r:.80}; expected names and indices of classes")
            yield option, entry
    elif _is_a_name(wanted, names) or _are_numbers(wanted) or not _names_file(wanted):
        yield from ((option, part) for part in _parts(wanted, names))
    else:
        for number, line in enumerate(_lines(wanted, option), 1):
            # A line may be a name with synonyms, as ImageNet's lists have them; commas between numbers make a list.
            parts = _parts(line, names) if any(map(_are_numbers, line.split(","))) else [line]
            yield from ((f"{wanted}: entry {number}", part) for part in parts)


def _parts(text: str, names: Sequence[str]) -> list[str]:
    """What a text's commas part, which may belong to a name."""
    return [text] if _is_a_name(text, names) else [part for part in text.split(",") if part.strip()]


def _is_a_name(text: str, names: Sequence[str]) -> bool:
    """Whether a text as a whole is a class's name."""
    return text.strip().lower() in {name.lower() for name in names} or ("," not in text and knows_class(text, names))


def _are_numbers(text: str) -> bool:
    return all(is_index(part) or RANGE.fullmatch(part.strip()) is not None for part in text.split(","))


def _names_file(text: str) -> bool:
    return os.path.isfile(text) or text.lower().endswith(".txt")


def _lines(path: str, option: str) -> tuple[str, ...]:
    if not os.path.isfile(path):
        raise OptionError(f"{option} names the file {path}, which is not there; {EXPECTED}")
    return lines_in(Path(path))


def _indices(term: str | int, names: Sequence[str]) -> list[int]:
    """The classes of one entry: a name or an index is one, a range several.

    Args:
        term: the entry.
        names: of all classes.

    Returns:
        Their indices, in order.

    Raises:
        OptionError: a range runs backwards.
    """
    if isinstance(term, str) and not knows_class(term, names):
        if term.strip() == ALL:
            return list(range(len(names)))
        if ends := RANGE.fullmatch(term.strip()):
            first, last = (find_class(int(end[:MOST_DIGITS]), names) for end in ends.groups())
            if first > last:
                raise OptionError(f"the range {term.strip()} runs backwards; give the smaller index first")
            return list(range(first, last + 1))
    return [find_class(term, names)]
