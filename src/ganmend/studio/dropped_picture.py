"""A picture of ours that a visitor gives back: what made it, as its metadata says."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganmend.errors import GanmendError, ImageFolderError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.studio.jobs import NAME
from ganmend.workbench.samples import LARGEST_LISTED

LARGEST_FILE = 100 * 10**6  # bytes
LARGEST_FACT = 100_000  # characters of one text
MOST_CLASSES = 1000
MOST_SEEDS = 1000
FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")
NOT_OURS = (
    "is no PNG that ganmend drew with a note of what it shows; give one of 'ganmend sample' or of the studio, as it "
    "was saved"
)


@dataclass(frozen=True)
class Made:
    """What made a picture. All of it comes from a file that anybody may have written: it names things, no more.

    Attributes:
        generator: fingerprint of the generator, or ''.
        classes: names, or indices as text, of the generator's classes that are shown; the first is shown first.
        to: the class that a walk ends in, or ''.
        seed: of the latents.
        seeds: seeds of single samples, or ().
        job: name of the studio's job that it shows, or ''.
    """

    generator: str = ""
    classes: tuple[str, ...] = ()
    to: str = ""
    seed: int = 0
    seeds: tuple[int, ...] = ()
    job: str = ""


def made_by(path: Path) -> Made:
    """What made a picture.

    Args:
        path: of a PNG.

    Returns:
        What its texts say.

    Raises:
        ImageFolderError: it is no PNG of ours, or says nothing that can be understood.
    """
    facts = _facts(path)
    if not str(facts.get("Software", "")).startswith("ganmend "):
        raise ImageFolderError(f"{path.name} {NOT_OURS}")
    classes = [_class(one) for one in _list(facts.get("Classes"), MOST_CLASSES)] or [_class(_only(facts))]
    job, generator = str(facts.get("Job", "")), str(facts.get("Generator", ""))
    made = Made(
        generator if FINGERPRINT.fullmatch(generator) else "",
        tuple(filter(None, classes)),
        _class(facts.get("To")),
        next(iter(_seeds(facts.get("Seed"))), 0),
        _seeds(facts.get("Seeds")),
        job if NAME.fullmatch(job) else "",
    )
    if not made.classes and not made.job:
        raise ImageFolderError(f"{path.name} {NOT_OURS}")
    return made


def _facts(path: Path) -> dict[str, object]:
    """The texts of a PNG by name, each parsed where it is JSON; its pixels are not decoded.

    Args:
        path: of the file.

    Returns:
        The texts that are short enough.

    Raises:
        ImageFolderError: it is no PNG.
    """
    if not path.is_file() or path.stat().st_size > LARGEST_FILE:
        raise ImageFolderError(f"{path.name} {NOT_OURS}")
    try:
        with warnings.catch_warnings(), Image.open(path, formats=["PNG"]) as opened:
            warnings.simplefilter("ignore")  # Pillow's, of large pictures: nothing is decoded
            texts = dict(opened.info)  # those before the pixels, where ours are
    except Exception as error:  # a broken file makes a reader raise anything at all
        raise ImageFolderError(f"{path.name} {NOT_OURS}") from error
    return {
        str(name): _parsed(text) for name, text in texts.items() if isinstance(text, str) and len(text) <= LARGEST_FACT
    }


def _parsed(text: str) -> object:
    """A text as JSON; as it is where it is none."""
    try:
        return parse_json(text, LARGEST_FACT)
    except (GanmendError, UnreadableError):
        return text


def _only(facts: Mapping[str, object]) -> object:
    """The class of a picture of one class, as those of a folder say it."""
    return {"name": facts.get("Class"), "index": facts.get("Index")}


def _class(shown: object) -> str:
    """A class as text; '' where it is not told."""
    if not isinstance(shown, dict):
        return ""
    name, index = shown.get("name"), shown.get("index")
    if name and isinstance(name, str | int):  # a class may be called 7
        return str(name)[:200]
    return str(index) if type(index) is int and 0 <= index < 10**6 else ""


def _list(value: object, most: int) -> list[object]:
    return value[:most] if isinstance(value, list) else []


def _seeds(value: object) -> tuple[int, ...]:
    """Seeds as `ganmend sample --seeds` takes them, such as '3,10-12'; what is none is passed over.

    Args:
        value: the text, or a number.

    Returns:
        At most MOST_SEEDS of them.
    """
    found: list[int] = []
    for first, last in re.findall(r"(\d{1,20})(?:-(\d{1,20}))?", str(value)[:LARGEST_FACT]):
        start, end = int(first), int(last or first)
        found += range(start, min(end, start + MOST_SEEDS, LARGEST_LISTED) + 1)
        if len(found) >= MOST_SEEDS:
            break
    return tuple(dict.fromkeys(seed for seed in found if seed <= LARGEST_LISTED))[:MOST_SEEDS]
