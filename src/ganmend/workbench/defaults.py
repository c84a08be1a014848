"""Which networks guide searches and give verdicts where a user named none."""

from collections.abc import Sequence
from dataclasses import dataclass

from ganmend.catalog.names import are_imagenets
from ganmend.targets.sources.imagenet import is_installed

EXAMPLE = "such as torchvision:resnet50"


@dataclass(frozen=True)
class Defaults:
    """Names of networks.

    Attributes:
        classifier: guides searches; '' for none.
        judges: give verdicts, the headline's first.
    """

    classifier: str = ""
    judges: tuple[str, ...] = ()


BUNDLED = Defaults("demo:search", ("demo:judge", "demo:second-judge"))
IMAGENETS = Defaults("imagenet:search", ("imagenet:judge",))


def defaults_for(class_names: Sequence[str], *, bundled: bool = False) -> Defaults:
    """The networks that know a generator's classes.

    Args:
        class_names: of the generator.
        bundled: whether it is the bundled one.

    Returns:
        The bundled ones; those of the extra 'imagenet', where it is installed, for ImageNet's 1000 classes; else none.
    """
    if bundled:
        return BUNDLED
    return IMAGENETS if are_imagenets(class_names) and is_installed() else Defaults()


def may_have_defaults(class_names: Sequence[str]) -> bool:
    """Whether a generator may have defaults, as far as is known before its weights are read.

    Args:
        class_names: of the generator; () where only its weights tell.

    Returns:
        Whether it may.
    """
    return is_installed() and (not class_names or are_imagenets(class_names))


def needed(what: str, class_names: Sequence[str] = ()) -> str:
    """What to tell of a generator without defaults where no network was named.

    Args:
        what: is needed: 'a classifier', 'a judge' or an option.
        class_names: of the generator; () where only its weights tell.

    Returns:
        One line.
    """
    told = f"{what} is needed for a generator of your own, {EXAMPLE}"
    if is_installed() or (class_names and not are_imagenets(class_names)):
        return told
    return f"{told}; or, for ImageNet's classes, pip install 'ganmend[imagenet]'"
