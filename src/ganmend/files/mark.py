"""The mark of a directory that ganmend wrote: which files in it are its own, so that no other is ever deleted."""

import json
import os
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganmend.errors import UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.writing import is_gone, whole_file

MARK = ".ganmend.json"
KIND = "ganmend-directory-1"
LARGEST = 1 << 28  # bytes; a million files of a folder of samples take some 20 million


def mark_unfinished(directory: Path) -> None:
    """Note a directory as ganmend's while it is being filled: all that is in it may go.

    Args:
        directory: new, and empty: a kill here leaves nothing but a torn mark, by which it is known as well.
    """
    (directory / MARK).write_text(json.dumps({"kind": KIND, "unfinished": True, "files": []}) + "\n")


def make_unfinished(folder: Path) -> None:
    """Make a folder that ganmend fills, as `mark_unfinished` notes it; one that is there already stays as it is.

    Args:
        folder: in a folder that is there.
    """
    folder.mkdir(exist_ok=True)
    if not is_unfinished(folder):
        mark_unfinished(folder)


def is_unfinished(directory: Path) -> bool:
    """Whether ganmend made the directory and did not finish it."""
    content = _content(directory)
    return content is not None and content.get("unfinished") is True


def mark(directory: Path) -> None:
    """Note all files that are in a directory, at any depth, as ganmend's."""
    mark_planned(directory, list_files(directory))


def mark_planned(directory: Path, names: Iterable[str]) -> None:
    """Note files as ganmend's that are to be written into a directory in its place, so that a kill leaves no stranger.

    Args:
        directory: that is there.
        names: of all files, those that are there already too, relative to it.
    """
    with whole_file(directory / MARK) as partial:
        partial.write_text(json.dumps({"kind": KIND, "files": sorted(names)}) + "\n")


def remove_partials(directory: Path) -> None:
    """Delete what processes that are gone left of files that they were writing, of those that are marked as ganmend's.

    Args:
        directory: with a mark; one without any stays as it is.
    """
    if (own := marked_files(directory)) is None:
        return
    for path in directory.rglob(".*.partial"):
        if _was_being_written(str(path.relative_to(directory)), own):
            path.unlink(missing_ok=True)


def _was_being_written(name: str, own: Collection[str]) -> bool:
    """Whether a file is what a process that is gone left of one of `own`, or of a mark, that it was writing."""
    folder, hidden = os.path.split(name)
    stem, process = hidden.removesuffix(".partial").removeprefix(".").rpartition(".")[::2]
    if not (hidden.startswith(".") and hidden.endswith(".partial") and process.isdecimal() and is_gone(int(process))):
        return False
    return stem == MARK or os.path.join(folder, stem) in own


def marked_files(directory: Path) -> set[str] | None:
    """What ganmend wrote there, relative to it; None where the directory has no mark that can be read."""
    content = _content(directory)
    return None if content is None else {str(name) for name in content["files"]}


def is_marked(directory: Path) -> bool:
    """Whether ganmend wrote the directory."""
    return marked_files(directory) is not None


def foreign_files(directory: Path) -> list[str]:
    """Files and links in a marked directory that ganmend did not write, relative to it, in order."""
    own, unfinished = marked_files(directory) or set(), {folder.name for folder in _unfinished_in(directory)}
    others = [name for name in list_files(directory) if name not in own and name.split(os.sep)[0] not in unfinished]
    return [name for name in others if not _was_being_written(name, own)]


def remove_own(directory: Path) -> None:
    """Delete what ganmend wrote, and then folders that are empty; whatever else is there stays."""
    remove_partials(directory)
    for folder in _unfinished_in(directory):
        remove_unfinished(folder)
    for name in marked_files(directory) or set():
        (directory / name).unlink(missing_ok=True)
    folders = [Path(root) for root, _, _ in os.walk(directory, topdown=False)]
    (directory / MARK).unlink(missing_ok=True)
    for folder in folders:
        if not any(folder.iterdir()):
            folder.rmdir()


def remove_unfinished(folder: Path) -> None:
    """Delete a folder that ganmend was filling, as far as the system lets it: its mark last, which a kill so leaves."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != MARK:
            with suppress(OSError):
                path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _unfinished_in(directory: Path) -> list[Path]:
    """Its folders that ganmend is filling, such as a run's work: all that is in them may go."""
    folders = [path for path in directory.iterdir() if path.is_dir() and not path.is_symlink()]
    return [folder for folder in folders if is_unfinished(folder) or _is_torn(folder)]


def _is_torn(folder: Path) -> bool:
    """Whether a kill came when a folder was being marked as unfinished."""
    return os.listdir(folder) == [MARK] and _content(folder) is None


def _content(directory: Path) -> dict[str, Any] | None:
    try:
        content = parse_json(read_text(directory / MARK, LARGEST), LARGEST)
    except (UnreadableError, OSError):
        return None
    if not isinstance(content, dict) or content.get("kind") != KIND or not isinstance(content.get("files"), list):
        return None
    return content


def list_files(directory: Path) -> list[str]:
    """All in a directory that is no folder, at any depth, relative to it, without its mark; links are not followed."""
    found = []
    for root, folders, files in os.walk(directory):
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        found += [str((Path(root) / name).relative_to(directory)) for name in [*files, *links]]
    return sorted(set(found) - {MARK})
