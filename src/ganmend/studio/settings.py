"""Where the studio works, where it listens, and how much visitors may send."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from ganmend.errors import OptionError

MEGABYTE = 10**6


@dataclass(frozen=True)
class StudioSettings:
    """The settings of one studio.

    Attributes:
        directory: of its jobs, of photographs that visitors sent, and of files that it serves.
        host: address or name that it listens on.
        port: likewise, in [0, 65535]; 0 takes one that is free.
        most_files: of one upload.
        most_bytes: of one upload.
        most_kept: bytes of all uploads together, so that visitors cannot fill the disk.
    """

    directory: Path
    host: str = "127.0.0.1"
    port: int = 7860
    most_files: int = 500
    most_bytes: int = 200 * MEGABYTE
    most_kept: int = 2000 * MEGABYTE

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise OptionError(f"--port is {self.port}; expected 0 to 65535, of which 0 takes one that is free")

    @property
    def served(self) -> Path:
        """The only folder whose files visitors can fetch: copies made for them, and what they sent. It is emptied."""
        return served_in(self.directory)

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


def served_in(directory: Path) -> Path:
    """See `StudioSettings.served`.

    Args:
        directory: of a studio.

    Returns:
        The folder's path, absolute.
    """
    return directory.absolute() / "served"


def is_loopback(host: str) -> bool:
    """Whether an address or name always means this machine itself.

    Args:
        host: such as '127.0.0.1', '::1' or 'localhost'; other names may mean anything.

    Returns:
        Whether it does.
    """
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
