"""Classes by name, index or, for ImageNet's, WordNet id; a wrong name is answered with the nearest ones."""

import difflib
import functools
import re
from collections.abc import Sequence

from ganmend.catalog.tables import SYNSET, imagenet_names, imagenet_synsets
from ganmend.errors import ClassNameError

IMAGENET_CLASSES = 1000
IMAGENETS_SHARE = 0.9  # of the names of other lists that are words for the same classes
FEW_CLASSES = 20  # a user can read them all
INDEX, MOST_DIGITS = re.compile(r"-?[0-9]+"), 19


def find_class(
    wanted: str | int, names: Sequence[str], where: str = "the generator", otherwise: str = "give an index"
) -> int:
    """The index of a class given by name (any case; spaces, '-' and '_' alike), index, or WordNet id (ImageNet's only).

    A name may list synonyms, such as 'tench, Tinca tinca', any of which will do. Where several classes fit, the exact
    spelling decides (ImageNet's Cardigan, a dog, and cardigan), then the name that is no list. Text that is a class's
    name means that class, also where the name is a number; a Python integer is always an index.

    Args:
        wanted: name, index or WordNet id.
        names: of all classes.
        where: whose classes they are, for messages.
        otherwise: what to do about a name of several classes, for messages.

    Returns:
        The index, from 0.

    Raises:
        ClassNameError: not there; the message names the nearest.
    """
    if isinstance(wanted, int):
        return _checked_index(wanted, names, where)
    text = wanted.strip()
    if is_index(text) and text not in names:
        # More digits than any table has rows are not worth reading; Python refuses thousands of them.
        return _checked_index(int(text[:MOST_DIGITS]), names, where)
    same = _called(text, names)
    if len(same) > 1:
        shown = ", ".join(map(str, same))
        raise ClassNameError(f"{where} has {len(same)} classes {text!r}; {otherwise}: {shown}")
    if same:
        return same[0]
    if (index := _of_synset(text, names)) is not None:
        return index
    plain = [_plain(name) for name in names]
    shown = ", ".join(names[plain.index(name)] for name in _nearest(_plain(text), plain))
    more = " (ganmend classes --search finds more)" if len(names) > FEW_CLASSES else ""
    raise ClassNameError(f"{where} has no class {text!r:.80}; the nearest are: {shown}{more}")


def _checked_index(index: int, names: Sequence[str], where: str) -> int:
    if not 0 <= index < len(names):
        shown = str(index) if abs(index) < 10**MOST_DIGITS else "of more digits than a table has"
        raise ClassNameError(f"class index {shown} is outside 0 to {len(names) - 1}, the classes of {where}")
    return index


def is_index(wanted: str | int) -> bool:
    """Whether a class is given by a number."""
    return isinstance(wanted, int) or INDEX.fullmatch(wanted.strip()) is not None


def knows_class(wanted: str | int, names: Sequence[str]) -> bool:
    """Whether `find_class` finds it."""
    try:
        find_class(wanted, names)
    except ClassNameError:
        return False
    return True


def index_of(name: str, names: Sequence[str]) -> int | None:
    """The index of a class by its name; None where it is not among them, or two are called so."""
    a_name = name in names or (name != "" and not is_index(name))
    return find_class(name, names) if a_name and knows_class(name, names) else None


def name_or_index(index: int, names: Sequence[str]) -> str:
    """Text that `find_class` takes for one class: its name, or its index where others are called so, too."""
    text = names[index]
    if index_of(text, names) != index:
        text = str(index)
        while text in names:  # a class that is called so; a number may begin with zeros
            text = f"0{text}"
    return text


def search_classes(text: str, names: Sequence[str]) -> list[int]:
    """Indices of the classes whose names hold every word of `text`, of a WordNet id, or of those spelt most like it."""
    words, plain = _plain(text).split(), [_plain(name) for name in names]
    holding = [index for index, name in enumerate(plain) if all(word in name for word in words)]
    if holding:
        return holding
    if (index := _of_synset(text.strip(), names)) is not None:
        return [index]
    alike = difflib.get_close_matches(_plain(text), plain, n=5, cutoff=0.5)
    return [index for index, name in enumerate(plain) if name in alike]


def are_imagenets(names: Sequence[str]) -> bool:
    """Whether names are ImageNet's 1000 classes, by synonyms or WordNet ids, of which nine in ten must fit."""
    if len(names) != IMAGENET_CLASSES:
        return False
    known = _by_synonym(imagenet_names())
    fitting = [name for name in names if SYNSET.fullmatch(name) or any(_plain(one) in known for one in _synonyms(name))]
    return len(fitting) >= IMAGENETS_SHARE * IMAGENET_CLASSES


def usual_names(n_classes: int) -> tuple[str, ...]:
    """Names of a generator that names none: ImageNet's for 1000 classes (torchvision's order), else 'class 0', ..."""
    if n_classes == IMAGENET_CLASSES:
        return imagenet_names()
    return tuple(f"class {index}" for index in range(n_classes))


def _of_synset(text: str, names: Sequence[str]) -> int | None:
    """The index of a WordNet id, where the names are ImageNet's and it is one of theirs."""
    if not SYNSET.fullmatch(text) or tuple(names) != imagenet_names() or text not in imagenet_synsets():
        return None
    return imagenet_synsets().index(text)


def _called(text: str, names: Sequence[str]) -> list[int]:
    """Indices of the classes that a text names, by the first rule that any fits."""
    by_synonym = _by_synonym(tuple(names))
    same = sorted({index for synonym in _synonyms(text) for index in by_synonym.get(_plain(synonym), ())})
    for fits in (
        [index for index in same if names[index] == text],
        [index for index in same if text in _synonyms(names[index])],
        [index for index in same if _plain(names[index]) == _plain(text)],
    ):
        if fits:
            return fits
    return same


@functools.lru_cache(maxsize=8)
def _by_synonym(names: tuple[str, ...]) -> dict[str, list[int]]:
    """Indices of the classes by each of their synonyms, plainly spelt."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        for synonym in {_plain(synonym) for synonym in _synonyms(name)}:
            found.setdefault(synonym, []).append(index)
    return found


def _synonyms(name: str) -> list[str]:
    """The name as a whole, and what its commas part."""
    return [name, *(part for text in name.split(",") if "," in name and (part := text.strip()))]


def _nearest(text: str, plain: Sequence[str]) -> list[str]:
    """Three names: first those that share a whole word with the text, then those that are spelt most like it."""
    words = set(text.split())
    sharing = [name for name in plain if words & set(name.split())]
    alike = difflib.get_close_matches(text, sharing, n=3, cutoff=0.0)
    alike += difflib.get_close_matches(text, plain, n=3, cutoff=0.3)
    return list(dict.fromkeys(alike))[:3] or list(plain[:3])


def _plain(name: str) -> str:
    return name.lower().replace("-", " ").replace("_", " ").strip()
