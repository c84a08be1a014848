"""Room for what visitors send: the folder that it comes into is bounded, and cleared of what nobody needs any more."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

from ganmend.studio.uploads import bytes_in

OFFERED = "offered"  # files of ours, made for visitors
NEEDED = 3600.0  # seconds that an upload may wait until its job is begun


def make_room(served: Path, most: int) -> bool:
    """Delete what was sent a while ago, or only in part, and came to nothing.

    Args:
        served: the studio's folder of files that come and go.
        most: bytes that may be in it.

    Returns:
        Whether no more than that is.
    """
    before = time.time() - NEEDED
    for path in list(served.iterdir()) if served.is_dir() else []:
        with suppress(OSError):  # another visitor's request may delete it too
            if path.name != OFFERED and path.lstat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return bytes_in(served) <= most
