"""A classifier's name, taken apart: 'timm:resnet18@weights.pth,size=64,classes=names.txt'.

Everything that a network needs stands in its name, so that a request that holds the name can be run again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ganmend.checks import check_number, check_whole
from ganmend.errors import ClassifierError, OptionError

SETTINGS = ("classes", "size", "mean", "std")
SETTING = re.compile(rf",({'|'.join(SETTINGS)})=")  # so that a path may hold commas
LARGEST_SIZE = 2048
COLOURS = 3


@dataclass(frozen=True)
class Settings:
    """What a network's file does not say, or says wrongly.

    Attributes:
        classes: a text file, one name a line, or 'imagenet' or 'places365'; '' for what the file says.
        size: height and width of the images that the network takes, in pixels; None likewise.
        mean: of the images in [0, 1] that it was trained on: red, green, blue; None likewise.
        std: of the same.
    """

    classes: str = ""
    size: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


@dataclass(frozen=True)
class NetworkName:
    """A name in its parts.

    Attributes:
        text: all of it.
        base: all of it but the settings.
        source: what stands before the first colon; all of `base` where there is none.
        model: what stands between that and '@'.
        file: what stands behind '@'; '' where there is none.
        settings: the rest.
    """

    text: str
    base: str
    source: str
    model: str
    file: str
    settings: Settings


def parse_name(text: str) -> NetworkName:
    """Take a name apart.

    Args:
        text: SOURCE:MODEL, SOURCE:MODEL@FILE or a path, and settings behind it: ',size=64', ',classes=FILE',
            ',mean=0.5/0.5/0.5', ',std=0.5/0.5/0.5'.

    Returns:
        Its parts; whether there is such a source or file is not looked at.

    Raises:
        ClassifierError: a setting comes twice, is empty, or is no number in range.
    """
    base, *rest = SETTING.split(text)  # base, key, value, key, value, ...
    typed = dict(zip(rest[::2], rest[1::2], strict=True))
    if len(typed) < len(rest) // 2 or not all(typed.values()):
        raise ClassifierError(f"the classifier {text!r:.200} has a setting that is empty or comes twice; give it once")
    source, _, after = base.partition(":")
    model, _, file = after.partition("@")
    if "@" in after and not file:
        raise ClassifierError(f"the classifier {text!r:.200} ends in '@'; expected the path of its weights behind it")
    try:
        settings = Settings(
            typed.get("classes", ""), _size(typed.get("size")), _colours("mean", typed.get("mean")),
            _colours("std", typed.get("std")),
        )  # fmt: skip
    except OptionError as error:
        raise ClassifierError(f"the classifier {text!r:.200}: {error}") from error
    return NetworkName(text, base, source, model, file, settings)


def with_settings(text: str, more: Mapping[str, str]) -> str:
    """A name with settings that it does not have yet.

    Args:
        text: the name.
        more: by a key of SETTINGS, as they stand in a name.

    Returns:
        The name; what it says itself is left as it is.

    Raises:
        ClassifierError: one is not to be read.
    """
    has = SETTING.split(text)[1::2]
    named = text + "".join(f",{key}={value}" for key, value in more.items() if key not in has)
    parse_name(named)
    return named


def _size(typed: str | None) -> int | None:
    if typed is None:
        return None
    size = int(typed) if re.fullmatch(r"[0-9]{1,9}", typed) else typed
    check_whole("size", size, 1, LARGEST_SIZE)
    return int(size)


def _colours(name: str, typed: str | None) -> tuple[float, ...] | None:
    """Three numbers with '/' between them, or one for all three colours.

    Args:
        name: 'mean' or 'std'.
        typed: the numbers, or None.

    Returns:
        The numbers by colour, or None.

    Raises:
        OptionError: they are none, or of another scale than [0, 1].
    """
    if typed is None:
        return None
    try:
        numbers = [float(part) for part in typed.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, COLOURS):
        raise OptionError(f"{name} is {typed!r:.80}; expected red/green/blue, such as 0.485/0.456/0.406")
    for number in numbers:
        if name == "mean":
            check_number("mean, of images in [0, 1],", number, least=0, most=1)
        else:
            check_number("std, of images in [0, 1],", number, above=0, most=10)
    return tuple(numbers * COLOURS)[:COLOURS]
