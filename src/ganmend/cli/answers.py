"""What every answer says beside its figures: of which classes, drawn by what, judged by whom."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganmend.models.protocol import Generator
    from ganmend.targets.classifier import Classifier

Answer = dict[str, object]


def about_generator(generator: "Generator", typed: str) -> Answer:
    """What a generator's images depend on, for JSON.

    Args:
        generator: that draws.
        typed: the path or name that it was loaded from, as it was typed.

    Returns:
        'source', 'fingerprint' (of the trained weights), 'function' (which also tells table, eps and statistics apart),
        'precision' ('' where nothing was drawn), 'truncation' (None is none) and 'device'.
    """
    return {
        "source": typed,
        "fingerprint": generator.fingerprint,
        "function": generator.function_digest(),
        "precision": generator.precision,
        "truncation": generator.truncation,
        "device": str(generator.device),
    }


def about_classifier(classifier: "Classifier | None") -> Answer | None:
    """Name and fingerprint of a classifier or judge, for JSON; None where there is none."""
    return None if classifier is None else {"name": classifier.name, "fingerprint": classifier.fingerprint}


def about_class(index: int | None, name: str) -> Answer:
    """A class for JSON: the generator's index, None where the generator does not have it, and its name."""
    return {"index": index, "name": name}


def class_in_words(index: int | None, name: str) -> str:
    """A class for people, such as 'frog (class 5)'."""
    return f"{name} (class {index})" if index is not None else f"{name or 'no class named'} (not the generator's)"


def typed_command() -> str:
    """The command as it was typed, for what is written."""
    from ganmend.report.picture_file import command_line

    return command_line(["ganmend", *sys.argv[1:]])
