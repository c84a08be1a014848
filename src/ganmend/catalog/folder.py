"""Which file of a folder is meant: as BigGAN-PyTorch, PyTorch-StudioGAN and transformers leave their files there."""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ganmend.errors import CheckpointError
from ganmend.formats.naming import is_another, is_average, is_generator, words_of
from ganmend.formats.registry import weights_in

SUFFIXES = (".safetensors", ".pth", ".pt", ".th", ".bin", ".ckpt", ".pkl", ".pth.tar")  # the preferred before others
SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Choice:
    """The file of a folder that is meant, and those that are not."""

    file: Path
    others: tuple[str, ...] = ()

    def told(self) -> str:
        """What to tell of the others, or ''."""
        if not self.others:
            return ""
        return (
            f"{self.file.parent} holds several generators: took {self.file.name}; to take another, give its path: "
            f"{_listed(self.others)}"
        )


def choose(folder: Path) -> Choice | None:
    """The generator's file in a folder.

    It is the one with a format's own name. Else generators go before other networks, averages (EMA) before what they
    are averages of, the best before others, and those without a number or with the highest before others.

    Args:
        folder: that is there.

    Returns:
        The choice; None where no file may be a checkpoint.

    Raises:
        CheckpointError: several may be, and their names do not tell; or the folder cannot be read.
    """
    if own := weights_in(folder):
        return Choice(own)
    found = [name for name in names_in(folder) if name.lower().endswith(SUFFIXES)]
    likely = [name for name in found if not is_another(_stem(name))] or found
    generators = [name for name in likely if is_generator(_stem(name))] or likely
    # Of one network in several kinds of file, the kind that SUFFIXES names first.
    by_stem = {_stem(name): name for name in sorted(generators, key=_kind, reverse=True)}
    ranked = sorted(by_stem.values(), key=_rank, reverse=True)
    if len(ranked) > 1 and _rank(ranked[0]) == _rank(ranked[1]):
        raise CheckpointError(f"{folder} holds several checkpoints; give the path of one: {_listed(tuple(ranked))}")
    return Choice(folder / ranked[0], tuple(ranked[1:])) if ranked else None


def what_is_in(folder: Path) -> str:
    """What to tell of a folder in which no file may be a checkpoint."""
    names = names_in(folder)
    if any(name.endswith((".pb", ".index")) or name == "checkpoint" for name in names):
        return (
            f"{folder} holds a TensorFlow model; ganmend reads PyTorch and safetensors: look for a converted one, such "
            "as biggan-deep-128"
        )
    held = _listed(tuple(names)) if names else "nothing"
    return f"no checkpoint in the folder {folder}: it holds {held}; give the path of a generator's file"


def names_in(folder: Path) -> list[str]:
    """The names of the plain files in a folder, hidden ones left out, in order.

    Args:
        folder: that is there.

    Returns:
        Names without the folder.

    Raises:
        CheckpointError: it cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))
    except OSError as error:
        raise CheckpointError(f"the folder {folder} cannot be read: {error.strerror}") from error


def _stem(name: str) -> str:
    return name[: -len(_suffix(name))]


def _suffix(name: str) -> str:
    return max((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), key=len)


def _kind(name: str) -> int:
    return SUFFIXES.index(_suffix(name))


def _rank(name: str) -> tuple[bool, bool, tuple[float, ...]]:
    stem = _stem(name)
    numbers = tuple(float(number) for number in re.findall(r"\d+", stem))
    return is_average(stem), "best" in words_of(stem), numbers or (math.inf,)


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"{name!r:.80}" for name in names[:SHOWN]) + more
