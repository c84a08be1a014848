"""Where a large run keeps what it has: contents by name, each whole on the disk or not there."""

from pathlib import Path
from typing import Protocol

from ganmend.errors import OutputError
from ganmend.files.writing import whole_file


class Store(Protocol):
    """Contents by name: parts with '/' between them, such as 'search/00007/0.json', of which none is '.' or '..'."""

    def put(self, name: str, content: bytes) -> None:
        """Keep a content, from now on: once this returns, it outlives the process and the machine's power.

        Args:
            name: of the content; one that is there already is replaced in one step.
            content: all of it.

        Raises:
            OutputError: it cannot be kept; what had the name is still whole.
        """

    def get(self, name: str) -> bytes | None:
        """A content.

        Args:
            name: of it.

        Returns:
            All of it, or None where there is none of that name.

        Raises:
            OutputError: it is there, and cannot be read.
        """

    def names(self, prefix: str = "") -> list[str]:
        """The names of all contents.

        Args:
            prefix: that they begin with.

        Returns:
            Whole names, sorted.

        Raises:
            OutputError: they cannot be listed.
        """


class LocalStore:
    """A store in a folder of this machine, a file a content.

    Args:
        folder: made when the first content is put.
        made: whether it is there by then; one that was deleted is not made again, with a part of what it held.
    """

    def __init__(self, folder: Path, *, made: bool = False) -> None:
        self.folder, self._made = folder, made

    def put(self, name: str, content: bytes) -> None:
        """Keep a content as a file: see `Store.put`.

        Args:
            name: of the content.
            content: all of it.

        Raises:
            OutputError: it cannot be kept.
        """
        path = self.folder / name
        if self._made and not self.folder.is_dir():
            raise OutputError(f"{self.folder} is gone, in which this run is kept; give the command again to begin anew")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {path.parent} ({error.strerror}); give another place") from error
        with whole_file(path) as partial:
            partial.write_bytes(content)

    def get(self, name: str) -> bytes | None:
        """Read a file: see `Store.get`.

        Args:
            name: of the content.

        Returns:
            All of it, or None.

        Raises:
            OutputError: it is there, and cannot be read.
        """
        path = self.folder / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"cannot read {path} ({error.strerror}); make it readable") from error

    def names(self, prefix: str = "") -> list[str]:
        """List files: see `Store.names`. What `whole_file` is about to write has no name yet.

        Args:
            prefix: that the names begin with.

        Returns:
            Whole names, sorted.

        Raises:
            OutputError: a folder cannot be listed.
        """
        folder = self.folder / prefix.rpartition("/")[0]
        try:
            files = _files(folder)
        except OSError as error:
            raise OutputError(f"cannot list {folder} ({error.strerror}); make it readable") from error
        names = (path.relative_to(self.folder).as_posix() for path in files)
        return sorted(name for name in names if name.startswith(prefix))


def _files(folder: Path) -> list[Path]:
    """All whole files of a folder and of those in it; [] where there is no such folder."""
    if not folder.is_dir():
        return []
    found = list(folder.iterdir())
    inside = [file for path in found if path.is_dir() for file in _files(path)]
    return inside + [path for path in found if path.is_file() and not _is_partial(path)]


def _is_partial(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".partial")
