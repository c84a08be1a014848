"""Files that visitors may take with them: copies in the page's own folder, so that no other file is ever served."""

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from gradio.utils import get_upload_folder

from ganmend.files.paths import file_name
from ganmend.files.writing import told_of, whole_file

_MAKING = threading.Lock()


def offered(path: Path, name: str) -> Path:
    """A copy of a file of ours.

    Args:
        path: of the file.
        name: that the visitor's file gets.

    Returns:
        The copy's path.

    Raises:
        OSError: the file is gone.
        OutputError: the copy cannot be written.
    """
    facts = path.stat()

    def copy(place: Path) -> None:
        with whole_file(place) as partial:
            shutil.copyfile(path, partial)

    return offered_new(f"{path} {facts.st_mtime_ns} {facts.st_size}", name, copy)


def offered_text(name: str, text: str) -> Path:
    """A new file of some text.

    Args:
        name: that the visitor's file gets.
        text: of it.

    Returns:
        Its path.

    Raises:
        OutputError: it cannot be written.
    """

    def write(place: Path) -> None:
        with whole_file(place) as partial:
            partial.write_text(text)

    return offered_new(text, name, write)


def offered_new(facts: str, name: str, make: Callable[[Path], object]) -> Path:
    """A file for visitors, made where it is not there yet, by one of them while the others wait.

    Args:
        facts: all that its contents depend on.
        name: that the visitor's file gets.
        make: writes it at a path, whole or not at all.

    Returns:
        Its path.

    Raises:
        OutputError: it cannot be written.
    """
    folder = Path(get_upload_folder()) / "offered" / hashlib.sha256(facts.encode()).hexdigest()[:32]
    label, suffix = os.path.splitext(name)  # a class's name may have slashes in it, which a Path would cut at
    place = folder / f"{file_name(label)}{suffix}"
    with _MAKING, told_of(place):
        folder.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            make(place)
    return place
