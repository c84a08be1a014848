"""What is refused before a generator's weights are read: wrong classes, and missing files of embeddings."""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from ganmend.catalog.known_names import known_names
from ganmend.catalog.names import find_class
from ganmend.catalog.source import GeneratorSource
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import EMBEDDING_SUFFIXES, is_embedding, load_edit
from ganmend.errors import GanmendWarning
from ganmend.hub.address import is_address
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_map import ClassMap, part_for, refuse_unknown, renamed
from ganmend.workbench.class_meant import asked_as, class_meant


def names_before_loading(generator: Generator | GeneratorSource | str | Path) -> tuple[str, ...]:
    """The generator's class names, or () where only its weights tell."""
    if isinstance(generator, Generator):
        return generator.class_names
    source = generator if isinstance(generator, GeneratorSource) else GeneratorSource(str(generator))
    return known_names(source)


def refuse_wrong_edits(edits: Iterable[str | int | Path | ClassEdit], names: Sequence[str]) -> None:
    """Refuse classes that the generator does not have, and files that hold no embedding.

    Args:
        edits: that will be asked for, see `Workbench.edit`.
        names: of the generator's classes; where they are not known (), only what is a file in any case is looked at.

    Raises:
        ClassNameError: no such class.
        EmbeddingError: a file is missing or broken.
        HubError: one is to be downloaded and cannot be.
    """
    for what in edits:
        if isinstance(what, Path) or (isinstance(what, str) and _is_file(what, names)):
            load_edit(what)
        elif names and isinstance(what, str | int) and not isinstance(what, bool):
            find_class(what, names)


def _is_file(text: str, names: Sequence[str]) -> bool:
    if names:
        return is_embedding(text, names)
    return is_address(text) or text.lower().endswith(EMBEDDING_SUFFIXES)


def refuse_wrong_targets(
    targets: Iterable[str | int],
    names: Sequence[str],
    classifiers: Iterable[tuple[str, Classifier]],
    class_map: ClassMap,
) -> None:
    """Refuse classes that classifier or judge do not know.

    Args:
        targets: that will be asked for, by name or the generator's index.
        names: of the generator's classes; () where they are not known.
        classifiers: those that were named, each behind 'classifier' or 'judge', which it is.
        class_map: what they call the classes.

    Raises:
        ClassNameError: one is not known, or an index is outside the table.
        OptionError: a target is neither text nor a number, or the map gives a class two names.
    """
    targets = list(targets)
    meant = [class_meant(target, names) for target in targets] if names else []
    for network, classifier in classifiers:
        part = part_for(network, class_map)
        if not names:
            refuse_unknown(targets, classifier, part)
            continue
        on_bench = renamed(classifier, part, names)
        with warnings.catch_warnings(action="ignore", category=GanmendWarning):  # it is told when the work is done
            for one in meant:
                asked_as(on_bench, one, names)
