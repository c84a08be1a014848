"""A store wherever fsspec reaches: a bucket, another machine; told by a URL such as s3://BUCKET/FOLDER."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganmend.errors import OptionError, OutputError
from ganmend.runs.items.store import LocalStore, Store

PARTIAL = ".partial"  # what the name of a content that is on its way begins with


def store_at(place: str) -> Store:
    """The store that a user names.

    Args:
        place: a folder, file:///FOLDER, or the URL of a folder in a file system that fsspec knows.

    Returns:
        The store; nothing is written yet.

    Raises:
        OptionError: no such kind of file system, or its package or fsspec is not installed, or refuses the URL.
    """
    kind, found, path = place.partition("://")
    if not found or kind in ("file", "local"):
        return LocalStore(Path(path if found else place))
    return FsspecStore(place)


class FsspecStore:
    """A store in a folder of any of fsspec's file systems, a file a content. It is for one writer, as all stores are.

    Whether a content survives the power of the other machine is that machine's matter.
    """

    def __init__(self, url: str) -> None:
        """Find the file system.

        Args:
            url: of the folder, with the file system's name in front.

        Raises:
            OptionError: see `store_at`.
        """
        kind = url.partition("://")[0]
        try:
            import fsspec
        except ImportError as error:
            raise OptionError(f"{url} needs the package fsspec: pip install 'ganmend[ray]'") from error
        try:
            self._files, self._folder = fsspec.core.url_to_fs(url)
        except ImportError as error:  # fsspec says which
            raise OptionError(f"{url} cannot be had: {error}") from error
        except Exception as error:
            known = f"{kind}:// is no kind of file system that fsspec knows" if _unknown(kind) else f"{error!s:.200}"
            raise OptionError(f"{url} cannot be had: {known}") from error
        self.url: str = url

    def put(self, name: str, content: bytes) -> None:
        """Keep a content as a file, under another name until it is whole: see `Store.put`.

        Args:
            name: of the content.
            content: all of it.

        Raises:
            OutputError: it cannot be kept.
        """
        folder, _, last = f"{self._folder}/{name}".rpartition("/")
        partial = f"{folder}/{PARTIAL}-{last}"
        with self._told(f"cannot write {self.url}/{name}"):
            self._files.makedirs(folder, exist_ok=True)
            self._files.pipe_file(partial, content)
            self._files.mv(partial, f"{folder}/{last}")

    def get(self, name: str) -> bytes | None:
        """Read a file: see `Store.get`.

        Args:
            name: of the content.

        Returns:
            All of it, or None.

        Raises:
            OutputError: it is there, and cannot be read.
        """
        with self._told(f"cannot read {self.url}/{name}"):
            try:
                content: bytes = self._files.cat_file(f"{self._folder}/{name}")
            except FileNotFoundError:
                return None
        return content

    def names(self, prefix: str = "") -> list[str]:
        """List files, those on their way left out: see `Store.names`.

        Args:
            prefix: that the names begin with.

        Returns:
            Whole names, sorted.

        Raises:
            OutputError: they cannot be listed.
        """
        with self._told(f"cannot list {self.url}"):
            self._files.invalidate_cache()  # fsspec remembers folders, and other processes write into them
            try:
                paths: list[str] = self._files.find(f"{self._folder}/{prefix.rpartition('/')[0]}".rstrip("/"))
            except FileNotFoundError:
                return []
        whole = [path for path in paths if not path.rpartition("/")[2].startswith(".")]
        # Some file systems put a '/' in front of a path and others do not.
        names = (path.lstrip("/").removeprefix(self._folder.lstrip("/") + "/") for path in whole)
        return sorted(name for name in names if name.startswith(prefix))

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Whatever a file system raises, told in a line: each has errors of its own.

        Args:
            what: could not be done.

        Yields:
            Nothing.

        Raises:
            OutputError: so.
        """
        try:
            yield
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise OutputError(
                f"{what}: {reason:.200}; see to the connection and its rights, or give another place"
            ) from error


def _unknown(kind: str) -> bool:
    from fsspec.registry import available_protocols

    return kind not in available_protocols()
