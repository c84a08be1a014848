"""What a network's classes are called: by a user's list, by the network's own file, or by their number."""

import warnings
from collections.abc import Iterable, Iterator, Mapping

from ganmend.catalog.names import IMAGENET_CLASSES, usual_names
from ganmend.catalog.source import names_in
from ganmend.catalog.tables import places365_names
from ganmend.errors import ClassifierError, GanmendWarning
from ganmend.targets.sources.network_name import NetworkName

PLACES365_CLASSES = 365
# Keys under which training scripts keep the names of classes, or a dictionary between names and indices.
KEYS = ("class_names", "classes", "class_to_idx", "idx_to_class", "id2label", "labels", "categories", "names")
MOST_LEVELS = 3  # of dictionaries in dictionaries, as {'hyper_parameters': {'class_names': ...}}


def names_for(name: NetworkName, stored: tuple[str, ...], n_classes: int) -> tuple[str, ...]:
    """The names of a network's classes.

    Args:
        name: of the network, with its settings.
        stored: that its file holds, or that are published with it; () for none.
        n_classes: how many logits it gives.

    Returns:
        The user's, else `stored`, else ImageNet's for 1000 classes and Places365's for 365, else 'class 0', 'class 1'
        and so on, with a warning.

    Raises:
        ClassifierError: another number than the network has, or text that cannot be printed.
        OptionError: the user's file cannot be read.
    """
    given = names_in(name.settings.classes)
    names = given or stored or _by_number(name, n_classes)
    if len(names) != n_classes:
        lister = name.settings.classes if given else "its file"
        raise ClassifierError(f"{name.base} has {n_classes} classes, but {lister} lists {len(names)} names")
    if odd := [text for text in names if not text.isprintable()]:
        raise ClassifierError(f"{odd[0]!r:.80} is no class name: expected text that can be printed; see --classes")
    return names


def _by_number(name: NetworkName, n_classes: int) -> tuple[str, ...]:
    if n_classes == PLACES365_CLASSES:
        return places365_names()
    if n_classes != IMAGENET_CLASSES:
        warnings.warn(
            f"nothing says what the {n_classes} classes of {name.base} are called: they are 'class 0' to "
            f"'class {n_classes - 1}' here; give their names by --classes FILE, one a line",
            GanmendWarning,
            stacklevel=2,
        )
    return usual_names(n_classes)


def stored_names(content: object, n_classes: int) -> tuple[str, ...]:
    """The class names in what a checkpoint file holds.

    Args:
        content: of the file: dictionaries, lists, text.
        n_classes: how many there must be.

    Returns:
        The first list of so many texts under one of KEYS; () where there is none.
    """
    for holder in _dictionaries(content):
        for key in KEYS:
            names = _as_list(holder.get(key))
            if len(names) == n_classes and all(isinstance(name, str) and name.isprintable() for name in names):
                return tuple(map(str, names))
    return ()


def _dictionaries(content: object) -> Iterator[Mapping[object, object]]:
    level = [content]
    for _ in range(MOST_LEVELS):
        holders = {id(holder): holder for holder in level if isinstance(holder, Mapping)}  # each once
        yield from holders.values()
        level = [value for holder in holders.values() for value in holder.values()]


def _as_list(listed: object) -> list[object]:
    """The names in order of their indices, whichever way round a dictionary has them."""
    if isinstance(listed, list | tuple):
        return list(listed)
    if not isinstance(listed, Mapping):
        return []
    by_index = {_index(key): value for key, value in listed.items()}
    if _is_whole(by_index):
        return [by_index[index] for index in range(len(by_index))]
    by_index = {_index(value): key for key, value in listed.items() if not isinstance(value, list | dict)}
    return [by_index[index] for index in range(len(by_index))] if _is_whole(by_index) else []


def _index(key: object) -> object:
    return int(key) if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10 else key


def _is_whole(keys: Iterable[object]) -> bool:
    """Whether they are 0, 1, 2 and so on."""
    found = set(keys)
    return found == set(range(len(found)))
