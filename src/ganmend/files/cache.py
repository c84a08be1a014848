"""What can be had again, in the user's cache: named by all that it depends on, bounded, and never worth an error."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from torch import Tensor

from ganmend.errors import OutputError
from ganmend.files.json_text import to_json
from ganmend.files.kept import KEEP_EVERY, Kept
from ganmend.files.paths import cache_home
from ganmend.files.turns import held
from ganmend.files.writing import runs

MOST_UNFINISHED = 8  # commands whose work waits in the cache; an evaluation of 1,000 images takes some megabytes
FILES = ("*.json", "*.safetensors", ".*.partial")  # that a folder of kept things holds


def cached(kind: str, facts: Sequence[object]) -> Path | None:
    """Where something is cached.

    Args:
        kind: what it is, the beginning of its name.
        facts: plain values that it depends on; ganmend's version is one more, since another may compute otherwise.

    Returns:
        A path without a suffix, at which something may be; None for a user without a home.
    """
    text = to_json([version("ganmend"), *facts], indent=None)
    try:
        return cache_home() / "ganmend" / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    except OutputError:
        return None


class CachedKept(Kept):
    """`Kept` in the cache: what cannot be written is not kept, which costs time, nothing else."""

    def __init__(self, folder: Path | None, every: float = KEEP_EVERY, *, alone: bool = True) -> None:
        """Keep nothing yet.

        Args:
            folder: of the cache, or None.
            every: seconds between two writings of rows.
            alone: whether no other process writes there now: rows of two would be mixed, and are not kept.
        """
        super().__init__(folder, every)
        self.alone = alone

    def put(self, name: str, value: object) -> None:
        """Keep a plain value where that is possible."""
        with suppress(OSError, OutputError):
            super().put(name, value)

    def put_tensors(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep tensors where that is possible."""
        with suppress(OSError, OutputError):
            super().put_tensors(name, tensors)

    def rows(self, name: str) -> dict[str, Tensor]:
        """Rows that were added; none where another process may add to them."""
        return super().rows(name) if self.alone else {}

    def add(self, name: str, rows: Mapping[str, Tensor]) -> None:
        """Add rows where no other process does."""
        if self.alone:
            super().add(name, rows)

    def forget(self, name: str) -> None:
        """Delete rows where no other process adds to them."""
        if self.alone:
            super().forget(name)


@contextmanager
def kept_in_cache(folder: Path | None) -> Iterator[Kept]:
    """A folder of the cache to keep things in, until the block ends.

    Args:
        folder: see `cached`.

    Yields:
        What is kept there.
    """
    if folder is None:
        yield Kept(None)
        return
    with held(folder) as alone:
        yield CachedKept(folder, alone=alone)


@contextmanager
def kept_until_done(kind: str, facts: Sequence[object]) -> Iterator[Kept]:
    """A folder of the cache for a command that may be killed: what it keeps is there when it is given again.

    Args:
        kind: of command.
        facts: plain values, all that it depends on.

    Yields:
        What is kept there; it is deleted when the block ends without an error, and the oldest when there are many.
    """
    folder = cached(f"unfinished-{kind}", facts)
    if folder is not None:
        remove_oldest(folder.parent, "unfinished", MOST_UNFINISHED)
    with kept_in_cache(folder) as kept:
        try:
            yield kept
        except BaseException:
            kept.write_rows()
            raise
        with suppress(OSError):
            if folder is not None and folder.is_dir():
                _remove(folder)


def remove_oldest(folder: Path, kind: str, most: int) -> None:
    """Delete what was cached longest ago, and what killed processes left, so that the cache does not grow without end.

    Args:
        folder: of the cache.
        kind: whose entries count, files or folders of kept things.
        most: entries that stay.
    """
    entries: list[Path] = []
    with suppress(OSError):  # another process may delete the same
        entries = sorted(folder.glob(f"{kind}-*"), key=lambda path: path.lstat().st_mtime, reverse=True)
    for entry in entries[most:]:
        with suppress(OSError):
            _remove(entry)
    for partial in folder.glob(f".{kind}-*.partial"):
        with suppress(OSError, ValueError, OverflowError):
            if not runs(int(partial.name.split(".")[-2])):
                partial.unlink()


def _remove(entry: Path) -> None:
    """Delete a file, or a folder that holds nothing but kept things, and its lock."""
    entry.with_name(f".{entry.name}.lock").unlink(missing_ok=True)
    if entry.is_symlink() or not entry.is_dir():
        entry.unlink()
        return
    for path in (path for pattern in FILES for path in entry.glob(pattern)):
        path.unlink()
    entry.rmdir()
