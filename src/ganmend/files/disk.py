"""Waiting until what was written is on the disk, so that a power cut takes nothing of it."""

import ctypes
import errno
import os
from pathlib import Path

FEW = 32  # files that are brought to the disk one by one; of more, their whole file system is, which takes less time
# What systems answer that cannot do so for a folder, or not for one that its user may write but not read.
NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


def to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of names where the system can do that, is on the disk.

    Args:
        path: of the file or folder.

    Raises:
        OSError: what was written may be lost.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NOT_FOR_FOLDERS or not path.is_dir():
            raise OSError(error.errno, error.strerror, str(path)) from error


def folder_to_disk(folder: Path) -> None:
    """Wait until all that is in a folder, at any depth, is on the disk.

    Args:
        folder: that nobody writes into meanwhile.

    Raises:
        OSError: as `to_disk` does.
    """
    paths = [Path(root) / name for root, _, names in os.walk(folder) for name in [*names, "."]]
    if len(paths) <= FEW or not _file_system_to_disk(folder):
        for path in paths:
            to_disk(path)


def _file_system_to_disk(folder: Path) -> bool:
    """The same for all that was written to a folder's file system, by anyone: Linux's syncfs(2).

    Args:
        folder: any on it.

    Returns:
        False where the system has no such call.

    Raises:
        OSError: something could not be brought to the disk.
    """
    sync = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if sync is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if sync(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
    return True
