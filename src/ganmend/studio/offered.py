"""Files that visitors may take with them: copies in the page's own folder, so that no other file is ever served."""

import hashlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from gradio.utils import get_upload_folder

from ganmend.files.paths import file_name
from ganmend.files.writing import whole_file

_MAKING = threading.Lock()


def offered(path: Path, name: str) -> Path:
    """A copy of a file of ours.

    Args:
        path: of the file.
        name: that the visitor's file gets.

    Returns:
        The copy's path.

    Raises:
        OSError: it is gone.
        OutputError: the copy cannot be written.
    """
    facts = path.stat()
    return _made(f"{path} {facts.st_mtime_ns} {facts.st_size}", name, lambda place: shutil.copyfile(path, place))


def offered_text(name: str, text: str) -> Path:
    """A new file of some text.

    Args:
        name: that the visitor's file gets.
        text: of it.

    Returns:
        Its path.
    """
    return _made(text, name, lambda place: place.write_text(text))


def place_for(facts: str, name: str) -> Path:
    """Where a file for visitors is to be.

    Args:
        facts: all that its contents depend on.
        name: that the visitor's file gets.

    Returns:
        A path in a folder that is there.
    """
    folder = Path(get_upload_folder()) / "offered" / hashlib.sha256(facts.encode()).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(name)
    return folder / f"{file_name(stem.stem)}{stem.suffix}"


def _made(facts: str, name: str, make: Callable[[Path], object]) -> Path:
    """The file of some facts, made where it is not there yet; another visitor's is never seen half."""
    place = place_for(facts, name)
    with _MAKING:
        if not place.exists():
            with whole_file(place) as partial:
                make(partial)
    return place
