"""Files written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from ganmend.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what is written there takes its place when the block ends without an error.

    The file gets the permissions that the user's new files have: safetensors gives others none.

    Args:
        path: of the file; its folder is there.

    Yields:
        The temporary path, at which nothing is yet.

    Raises:
        OutputError: it cannot be written; nothing is left behind.
    """
    if path.exists() and not path.is_file():
        raise OutputError(f"cannot write {path}: it is a directory, a device or a pipe; give another place")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        mask = os.umask(0)  # it can only be read by setting it
        os.umask(mask)
        partial.chmod(0o666 & ~mask)
        partial.replace(path)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise OutputError(f"cannot write {path} ({error}); give another place") from error
    finally:
        partial.unlink(missing_ok=True)


def runs(process: int) -> bool:
    """Whether a process of that number runs, a user's own or another's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
