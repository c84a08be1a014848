"""A studio's directory, held by one server at a time."""

import fcntl
import os
from pathlib import Path

from ganmend.errors import OptionError
from ganmend.files.writing import told_of

LOCK = "studio.lock"


class Held:
    """A directory that this process holds until `release`; the system lets it go when the process ends.

    Args:
        directory: of the studio.

    Raises:
        OptionError: another process holds it.
        OutputError: it cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        lock = directory / LOCK
        with told_of(lock):
            self._descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                # The file stays for good: a lock on one that its holder deleted would be no lock.
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.truncate(self._descriptor, 0)
                os.write(self._descriptor, str(os.getpid()).encode())
            except OSError as error:
                holder = os.read(self._descriptor, 20).decode(errors="replace")
                os.close(self._descriptor)
                if not isinstance(error, BlockingIOError):
                    raise
                raise OptionError(
                    f"a studio (process {holder}) works in {directory}; open its page, or give another directory"
                ) from error

    def release(self) -> None:
        """Let it go."""
        os.close(self._descriptor)
