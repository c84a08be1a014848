"""Photographs that visitors send: checked by what they hold, and copied under names of our own."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ganmend.errors import ImageFolderError, OptionError
from ganmend.files.writing import told_of
from ganmend.photographs.find import BROKEN, NO_FILE, Skipped
from ganmend.photographs.kinds import HEAD, kind_of
from ganmend.photographs.picture import UnreadablePictureError, read_picture
from ganmend.studio.settings import MEGABYTE, StudioSettings, served_in

FOLDER = "uploads"  # in the studio's directory
CHECKED_AT = 64  # pixels; a picture is decoded once, small, to see that it can be


def take_folder(files: Sequence[Path], directory: Path) -> Path:
    """Take what a visitor sent as a folder of photographs; the same files again are the same folder.

    Args:
        files: that were sent, in the studio's folder of files that come and go.
        directory: of the studio.

    Returns:
        A folder of pictures that can all be read, named by number.

    Raises:
        ImageFolderError: a file is no picture that can be read.
        OptionError: too many files or bytes.
        OutputError: they cannot be copied.
    """
    limits = StudioSettings(directory)
    skipped, kinds = Skipped(), dict[Path, str]()
    _check_number(files, limits)
    for file in files:
        try:
            kinds[file] = _kind(file, served_in(directory))
        except UnreadablePictureError as error:
            skipped.add(Path(file.name), str(error))  # without the server's own folders
    if skipped.total:
        raise ImageFolderError(
            f"{skipped.total} of {len(files)} files cannot be used ({skipped}); leave them out, and send JPEG, PNG "
            "or the like"
        )
    with told_of(directory / FOLDER):
        return _copied(kinds, directory.absolute() / FOLDER, limits)


def _check_number(files: Sequence[Path], limits: StudioSettings) -> None:
    """Refuse too many files or bytes, before any is read.

    Args:
        files: that were sent.
        limits: what may be.

    Raises:
        OptionError: so.
    """
    if not files:
        raise OptionError("no photographs came; send some of the class")
    if len(files) > limits.most_files:
        raise OptionError(f"{len(files)} files came; expected {limits.most_files} at most: send fewer")
    if (size := sum(file.lstat().st_size for file in files if file.is_file())) > limits.most_bytes:
        raise OptionError(
            f"{size / MEGABYTE:.0f} MB came; expected {limits.most_bytes // MEGABYTE} MB at most: send fewer, or "
            "smaller ones"
        )


def _kind(file: Path, served: Path) -> str:
    """The kind of picture that a file is, once it was decoded.

    Args:
        file: that was sent. The browser says which one, so that it may be any of this machine's.
        served: the folder of what was sent.

    Returns:
        Pillow's name of its format.

    Raises:
        UnreadablePictureError: it is none, or was not sent.
    """
    if file.is_symlink() or not file.is_file() or not file.resolve().is_relative_to(served.resolve()):
        raise UnreadablePictureError(NO_FILE)
    with file.open("rb") as opened:
        kind = kind_of(opened.read(HEAD), file.suffix.lower())
    if not kind:
        raise UnreadablePictureError(BROKEN)
    read_picture(file, kind, CHECKED_AT)
    return kind


def _copied(kinds: dict[Path, str], uploads: Path, limits: StudioSettings) -> Path:
    """The folder of some pictures, made where it is not there yet; nobody sees it half.

    Args:
        kinds: of the pictures by path.
        uploads: the folder of all such folders.
        limits: what all of them may take.

    Returns:
        The folder.

    Raises:
        OptionError: all of them would take too much.
        OSError: the system refuses something.
    """
    digests = [_digest(path) for path in kinds]
    folder = uploads / hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()[:32]
    if folder.is_dir():
        return folder
    uploads.mkdir(parents=True, exist_ok=True)
    size = bytes_in(uploads) + sum(path.stat().st_size for path in kinds)
    if size > limits.most_kept:
        raise OptionError(
            f"photographs of {limits.most_kept // MEGABYTE} MB are kept already, as many as may; whoever runs the "
            f"studio can delete folders of {FOLDER} that no job needs"
        )
    with tempfile.TemporaryDirectory(prefix=".", dir=uploads, ignore_cleanup_errors=True) as partial:
        # In the order of their digests, which does not depend on names.
        for number, (_, path) in enumerate(sorted(zip(digests, kinds, strict=True)), 1):
            shutil.copyfile(path, Path(partial) / f"{number:04}.{kinds[path].lower()}")
        Path(partial).chmod(0o755)
        try:
            os.rename(partial, folder)
        except OSError:
            if not folder.is_dir():  # another visitor sent the same meanwhile
                raise
    return folder


def bytes_in(folder: Path) -> int:
    """The bytes of all files below a folder; one that goes meanwhile counts none."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
