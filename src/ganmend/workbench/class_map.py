"""What classifier and judge call a class of the generator, where names alone do not tell."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ganmend.catalog.names import find_class, is_index, knows_class
from ganmend.catalog.tables import SYNSET
from ganmend.errors import OptionError, UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_meant import distinct_name

CLASSIFIER, JUDGE = "classifier", "judge"
# The generator's class, by name or index, to what both networks call it, or to {'classifier': ..., 'judge': ...}; a
# network's class is given by name, or by index where its name is not the only one.
ClassMap = Mapping[str | int, object]


def read_class_map(path: Path) -> dict[str | int, object]:
    """A class map from a JSON file.

    Args:
        path: of the file.

    Returns:
        What it holds, checked.

    Raises:
        OptionError: it is not there, or holds something else.
    """
    try:
        content = parse_json(read_text(path))
    except UnreadableError as error:
        raise OptionError(f"{path} {error}") from error
    check_class_map(content)
    assert isinstance(content, dict)
    return content


def check_class_map(content: object) -> None:
    """Refuse what is no class map.

    Args:
        content: that was given.

    Raises:
        OptionError: so.
    """
    if not isinstance(content, Mapping):
        raise OptionError(f"a class map is a {type(content).__name__}; expected {{generator's class: classifier's}}")
    for key, value in content.items():
        names = list(value.values()) if isinstance(value, Mapping) else [value]
        networks = set(value) if isinstance(value, Mapping) else set()
        fits = all(type(name) in (str, int) for name in [key, *names]) and networks <= {CLASSIFIER, JUDGE}
        if not fits:
            raise OptionError(
                f"the class map says {value!r:.80} of {key!r:.40}; expected a class's name or index, or "
                "{'classifier': ..., 'judge': ...}"
            )


def part_for(network: str, class_map: ClassMap) -> dict[str | int, str | int]:
    """What a class map says of one network.

    Args:
        network: CLASSIFIER or JUDGE.
        class_map: checked.

    Returns:
        The generator's class to the network's.
    """
    parts = {key: value.get(network) if isinstance(value, Mapping) else value for key, value in class_map.items()}
    return {key: value for key, value in parts.items() if isinstance(value, str | int)}


def renamed(classifier: Classifier, part: Mapping[str | int, str | int], names: Sequence[str]) -> Classifier:
    """A network that calls its classes as the generator does, so that everything else matches by name.

    Args:
        classifier: the network.
        part: the generator's class, by name or index, to the network's; a class that the generator does not have, but
            shall draw, is called as the key says.
        names: of the generator's classes.

    Returns:
        The network itself where there is nothing to rename, else a copy on the same weights.

    Raises:
        ClassNameError: the network has no such class, or the generator no such index.
        OptionError: one of its classes is given two names, or two of them one.
    """
    new: dict[int, str] = {}
    for key, own in part.items():
        has = is_index(key) or knows_class(key, names)
        name = distinct_name(find_class(key, names), names) if has else str(key)
        index = classifier.index_of(own)
        if index in new:
            raise OptionError(
                f"the class map gives {own!r:.80} of {classifier.name} to {new[index]!r:.80} and {name!r:.80}"
            )
        if name in new.values():
            raise OptionError(f"the class map says twice what {classifier.name} calls {name!r:.80}; say it once")
        new[index] = name
    return classifier.with_names(new) if new else classifier


def refuse_unknown(asked: Iterable[str | int], classifier: Classifier, part: Mapping[str | int, str | int]) -> None:
    """Refuse names that a network does not know, where nobody knows yet what the generator's classes are called.

    Args:
        asked: classes that are to be mended or judged, by name or index.
        classifier: the network.
        part: of the class map, for it.

    Raises:
        ClassNameError: one is not known; the message names the nearest ones.
    """
    for own in part.values():
        classifier.index_of(own)
    for target in asked:
        # An index is the generator's, and a WordNet id may be.
        if isinstance(target, str) and not (
            is_index(target) or SYNSET.fullmatch(target) or knows_class(target, [*map(str, part)])
        ):
            classifier.index_of(target)
