"""Which class is meant: the generator's row, and what a classifier or judge calls the class of that row."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from ganmend.catalog.names import find_class, index_of, is_index, knows_class
from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import ClassNameError, GanmendWarning, OptionError
from ganmend.targets.classifier import Classifier


@dataclass(frozen=True)
class ClassMeant:
    """A class that was asked for.

    Attributes:
        row: the generator's index of it; None where the generator does not have it.
        name: as the generator has it, else as it was given.
    """

    row: int | None
    name: str


def class_meant(target: str | int, names: Sequence[str]) -> ClassMeant:
    """The class that a user names.

    Args:
        target: its name, or the generator's index.
        names: of the generator's classes.

    Returns:
        The class. A name of several of the generator's classes means none of its rows.

    Raises:
        ClassNameError: an index outside the generator's table.
        OptionError: neither text nor a whole number.
    """
    if isinstance(target, bool) or not isinstance(target, str | int):
        raise OptionError(f"a class given as {type(target).__name__} came; expected its name or index")
    if is_index(target) or knows_class(target, names):
        row = find_class(target, names)
        return ClassMeant(row, names[row])
    return ClassMeant(None, str(target))


def distinct_name(row: int, names: Sequence[str]) -> str:
    """A name that no other class of the generator has: 'crane', or 'crane (class 134)' where there are two."""
    return names[row] if index_of(names[row], names) == row else f"{names[row]} (class {row})"


def asked_as(classifier: Classifier, meant: ClassMeant, names: Sequence[str]) -> int:
    """What a classifier or judge is asked for: by name, since its numbers are not the generator's.

    Args:
        classifier: that may call classes by their `distinct_name`, see `class_map`.
        meant: the class.
        names: of the generator's classes.

    Returns:
        Its index among the logits. Where the generator has several classes of the name, one line warns of it.

    Raises:
        ClassNameError: it knows no class of the name, or one that is another class of the generator.
    """
    if meant.row is None:
        return classifier.index_of(meant.name)
    if (mapped := distinct_name(meant.row, names)) in classifier.class_names:
        return classifier.index_of(mapped)
    index = classifier.index_of(meant.name)
    own = classifier.class_names[index]
    if knows_class(own, names) and (other := find_class(own, names)) != meant.row:
        raise ClassNameError(
            f"the classifier {classifier.name} knows {own!r}, which is the generator's class {other}, "
            f"{names[other]!r}, and not class {meant.row}, {meant.name!r}; say by --as, or in a class map, "
            "what it is called there"
        )
    if not knows_class(own, names):
        warnings.warn(
            f"the generator has several classes {meant.name!r}: class {meant.row} is taken for {own!r} of "
            f"{classifier.name}; --as, or a class map, says another",
            GanmendWarning,
            stacklevel=2,
        )
    return index


def found_by(classifier: Classifier, target: str | int, names: Sequence[str]) -> tuple[ClassMeant, int]:
    """The class that a user names, where only the classifier may know the name.

    Args:
        classifier: that is asked.
        target: name, or the generator's index.
        names: of the generator's classes.

    Returns:
        The class, called as the generator has it, else the classifier; and the classifier's index of it.

    Raises:
        ClassNameError: the classifier does not know it, or an index is outside the generator's table.
        OptionError: neither text nor a whole number.
    """
    meant = class_meant(target, names)
    index = asked_as(classifier, meant, names)
    if meant.row is not None:
        return meant, index
    own = classifier.class_names[index]
    row = index_of(own, names)
    return ClassMeant(row, own if row is None else names[row]), index


def known_to(classifier: Classifier, row: int, names: Sequence[str]) -> int | None:
    """The same for a class of the generator; None where the classifier does not know it."""
    try:
        with warnings.catch_warnings(action="ignore", category=GanmendWarning):
            return asked_as(classifier, ClassMeant(row, names[row]), names)
    except ClassNameError:
        return None


def known_as(classifier: Classifier, target: str | int, names: Sequence[str]) -> int | None:
    """The same for a class that a user names."""
    try:
        with warnings.catch_warnings(action="ignore", category=GanmendWarning):
            return found_by(classifier, target, names)[1]
    except (ClassNameError, OptionError):
        return None


def judged_as(
    judge: Classifier, edit: ClassEdit, target: str | int | None, names: Sequence[str], shown: str | int = ""
) -> int:
    """The judge's class that an edit is judged as.

    Args:
        judge: that sees its samples.
        edit: of a class.
        target: class that it should show: its name, or the generator's index; None takes what the edit says, and first
            what the search's classifier and judge called it where that was another name.
        names: of the generator's classes.
        shown: the class whose row the edit is, by name or index; '' takes the edit's target.

    Returns:
        The judge's index.

    Raises:
        ClassNameError: the judge does not know the class.
        OptionError: the edit does not say what it shows, and no target is given.
    """
    if target is not None:
        return asked_as(judge, class_meant(target, names), names)
    for key in ("judge_class", "classifier_class"):
        index = index_of(edit.details.get(key, ""), judge.class_names)
        if index is not None:
            return index
    wanted = edit.target if shown == "" else shown
    if wanted == "":
        raise OptionError("the embedding does not say what it shows; name its class as the target")
    try:
        return found_by(judge, wanted, names)[1]
    except ClassNameError as error:
        raise ClassNameError(
            f"{error}; give the judge's name for it as --target, or photographs of it by --images"
        ) from error
