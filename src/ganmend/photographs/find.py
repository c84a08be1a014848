"""Which files below a folder are pictures, and what is left out and why; nothing is decoded here."""

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ganmend.errors import ImageFolderError
from ganmend.files.paths import as_path
from ganmend.photographs.kinds import HEAD, kind_of

# What systems and programs put beside photographs, besides names that begin with a dot.
NOT_THE_USERS = {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found", "thumbs.db"}
BROKEN = "broken or of a kind that is not read"
NO_FILE = "pipes, devices or links to nothing"
NO_ACCESS = "that may not be opened"


@dataclass
class Skipped:
    """What was left out of a folder, by reason, and the first of it."""

    reasons: Counter[str] = field(default_factory=Counter)
    first: Path | None = None

    def add(self, path: Path, reason: str) -> None:
        """Count one."""
        self.reasons[reason] += 1
        self.first = self.first or path

    @property
    def total(self) -> int:
        """How many."""
        return self.reasons.total()

    def __str__(self) -> str:
        return ", ".join(f"{n} {reason}" for reason, n in self.reasons.items()) + f"; the first is {self.first}"


@dataclass(frozen=True)
class Found:
    """The pictures below a folder.

    Attributes:
        paths: of their files, in order.
        kinds: Pillow's name of the format of each.
        skipped: what was left out.
    """

    paths: list[Path]
    kinds: dict[Path, str]
    skipped: Skipped


def is_hidden(name: str) -> bool:
    """Whether a file or folder is no photograph of the user's, by its name."""
    return name.startswith(".") or name.lower() in NOT_THE_USERS


def find_pictures(folder: str | Path) -> Found:
    """Look for pictures in a folder and in all folders below it, those that links lead to included.

    Args:
        folder: that is searched; hidden files and folders below it are passed over.

    Returns:
        The pictures, in order of their paths, and what was left out.

    Raises:
        ImageFolderError: no such folder.
    """
    folder = as_path(folder)
    if not folder.is_dir():
        raise ImageFolderError(f"no folder at {folder}: expected a folder of real images")
    found = Found([], {}, Skipped())
    _search(folder, found)
    found.paths.extend(sorted(found.kinds))
    return found


def _search(folder: Path, found: Found) -> None:
    """Add the pictures of a folder and of those below it; each is entered once, so that no loop of links is endless."""
    waiting, entered = [folder], set()
    while waiting:
        place = waiting.pop()
        try:
            status = place.stat()
            paths = [place / name for name in sorted(os.listdir(place)) if not is_hidden(name)]
        except OSError:
            found.skipped.add(place, NO_ACCESS)
            continue
        if (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        for path in paths:
            if not _is_folder(path):
                _add_file(path, found)
        waiting.extend(path for path in reversed(paths) if _is_folder(path))


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # which adding it tells
        return False


def _add_file(path: Path, found: Found) -> None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for whoever writes to it
            found.skipped.add(path, NO_FILE)
            return
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD), path.suffix.lower())
    except PermissionError:
        found.skipped.add(path, NO_ACCESS)
    except OSError:
        found.skipped.add(path, NO_FILE)
    else:
        if kind:
            found.kinds[path] = kind
        elif kind == "":
            found.skipped.add(path, BROKEN)
