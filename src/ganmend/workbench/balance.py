"""Which attributes of a class shall appear how often, as plain values."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganmend.checks import check_number
from ganmend.errors import OptionError

CLASS, TEXT = "class:", "text:"  # before a class of a network, and before a sentence; anything else is a folder
TOLERANCE = 1e-3  # of the sum of shares, such as 0.333 three times
# Chosen on red and other automobiles, see docs/recipe.md.
WEIGHT, SURENESS_WEIGHT = 2.0, 0.5
MOST = 64  # attributes: more than that many no search holds apart


@dataclass(frozen=True)
class Balance:
    """Shares of named attributes that the samples of a class shall have.

    Example: `Balance({"red": "photos/red", "other": "photos/other"}, shares=(0.2, 0.8))`.

    Attributes:
        attributes: of each, by its name, a folder of photographs that show it; or 'class:NAME', a class of the network
            `by`; or 'text:SENTENCE', which the model `by` of images and texts tells apart. All are of the same kind.
        shares: wished for, in the same order, summing to 1; () shares equally. How many photographs a folder holds does
            not count: it says what was collected, not what is wished for.
        by: name of the network that tells the attributes apart in the search; '' is the search's classifier.
        judge: name of the network that counts them in the verdict; '' is the first judge's.
        weight: of how far the mean answer over samples is from the shares, in the search's objective.
        sureness_weight: of how unsure the single answers are.
    """

    attributes: Mapping[str, str]
    shares: tuple[float, ...] = ()
    by: str = ""
    judge: str = ""
    weight: float = WEIGHT
    sureness_weight: float = SURENESS_WEIGHT

    def __post_init__(self) -> None:
        if not isinstance(self.attributes, Mapping):
            raise OptionError(f"attributes are {self.attributes!r:.80}; expected a folder or class by name")
        as_text = {name: str(what) if isinstance(what, Path) else what for name, what in self.attributes.items()}
        object.__setattr__(self, "attributes", as_text)
        _check_attributes(as_text)
        if not isinstance(self.shares, Sequence) or isinstance(self.shares, str):
            raise OptionError(f"shares are {self.shares!r:.80}; expected numbers that sum to 1")
        object.__setattr__(self, "shares", tuple(self.shares))  # JSON has a list
        _check_shares(self.shares, self.names)
        for name in ("by", "judge"):
            if type(getattr(self, name)) is not str:
                raise OptionError(f"the balance's {name} is {getattr(self, name)!r:.80}; expected a network's name")
        for name in ("weight", "sureness_weight"):
            check_number(f"the balance's {name}", getattr(self, name), least=0, most=1e6)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the attributes, in order."""
        return tuple(self.attributes)

    @property
    def wished(self) -> tuple[float, ...]:
        """The shares, summing to 1; equal ones where none were given."""
        given = self.shares or (1.0,) * len(self.names)
        return tuple(share / math.fsum(given) for share in given)

    @property
    def folders(self) -> dict[str, Path]:
        """The folder of each attribute; {} where they are something else."""
        return {} if _kinds(self.attributes) != {""} else {name: Path(what) for name, what in self.attributes.items()}

    @property
    def classes(self) -> dict[str, str]:
        """The class of each attribute, by name or index; {} where they are something else."""
        return self._after(CLASS)

    @property
    def sentences(self) -> dict[str, str]:
        """The sentence of each attribute; {} where they are something else."""
        return self._after(TEXT)

    def _after(self, kind: str) -> dict[str, str]:
        named = {name: what for name, what in self.attributes.items() if what.startswith(kind)}
        return {name: what.removeprefix(kind).strip() for name, what in named.items()}


def read_attributes(typed: Sequence[str]) -> dict[str, str]:
    """Attributes as they are typed.

    Args:
        typed: NAME=FOLDER, NAME=class:CLASS or NAME=text:SENTENCE each.

    Returns:
        What stands for each, by name.

    Raises:
        OptionError: it is no such pair, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in typed:
        name, equals, what = text.partition("=")
        if not (name and equals and what):
            raise OptionError(f"--balance {text!r:.80}: expected NAME=FOLDER, NAME=class:CLASS or NAME=text:SENTENCE")
        if name in found:
            raise OptionError(f"--balance names {name!r:.80} twice; give each attribute once")
        found[name] = what
    return found


def read_shares(typed: str) -> tuple[float, ...]:
    """Shares as they are typed: '0.2,0.8', or '' for none.

    Args:
        typed: numbers between commas.

    Returns:
        The numbers.

    Raises:
        OptionError: something is no number.
    """
    try:
        return tuple(float(part) for part in typed.split(",")) if typed else ()
    except ValueError as error:
        raise OptionError(f"--shares {typed!r:.80}: expected numbers between commas, such as 0.2,0.8") from error


def _check_attributes(attributes: Mapping[str, object]) -> None:
    names, values = list(attributes), list(attributes.values())
    if not all(type(text) is str and text and text.isprintable() for text in (*names, *values)):
        raise OptionError(f"attributes are {dict(attributes)!r:.80}; expected printable text by name")
    if not 2 <= len(names) <= MOST:
        said = f"one attribute came, {names[0]}" if len(names) == 1 else f"{len(names)} attributes came"
        raise OptionError(f"{said}; a balance takes two or more (at most {MOST}), such as red and other")
    if twice := _twice(name.casefold() for name in names):
        raise OptionError(f"two attributes are named {twice!r:.80}; give each another name")
    if twice := _twice(values):
        raise OptionError(f"two attributes are {twice!r:.80}; each needs a folder or class of its own")
    if len(_kinds(attributes)) > 1:
        said = ", ".join(names)
        raise OptionError(f"the attributes {said:.80} differ in kind; expected folders, classes or sentences alone")


def _kinds(attributes: Mapping[str, object]) -> set[str]:
    """The beginnings that tell classes and sentences; '' of a folder."""
    return {next((kind for kind in (CLASS, TEXT) if str(what).startswith(kind)), "") for what in attributes.values()}


def _twice(texts: Iterable[object]) -> object | None:
    """The first that came before, or None."""
    seen: set[object] = set()
    return next((text for text in texts if text in seen or seen.add(text)), None)  # type: ignore[func-returns-value]


def _check_shares(shares: tuple[float, ...], names: tuple[str, ...]) -> None:
    for share in shares:
        check_number("a share", share, least=0, most=1)
    if shares and len(shares) != len(names):
        said = f"{len(shares)} shares came for {len(names)} attributes"
        raise OptionError(f"{said}; expected one each, of {', '.join(names):.80}")
    if shares and abs((total := math.fsum(shares)) - 1) > TOLERANCE:
        said = ", ".join(f"{share:g}" for share in shares)
        raise OptionError(f"the shares {said:.80} sum to {total:g}; expected 1")
