"""The mark of a directory that ganmend wrote: which files in it are its own, so that no other is ever deleted."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ganmend.errors import UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.writing import runs, whole_file

MARK = ".ganmend.json"
KIND = "ganmend-directory-1"
LARGEST = 1 << 28  # bytes; a million files of a folder of samples take some 20 million


def mark_unfinished(directory: Path) -> None:
    """Note a new directory as ganmend's while it is being filled: all that is in it may go."""
    (directory / MARK).write_text(json.dumps({"kind": KIND, "unfinished": True, "files": []}) + "\n")


def is_unfinished(directory: Path) -> bool:
    """Whether ganmend made the directory and did not finish it."""
    content = _content(directory)
    return content is not None and content.get("unfinished") is True


def mark(directory: Path) -> None:
    """Note all files that are in a directory, at any depth, as ganmend's."""
    names = list_files(directory)
    (directory / MARK).write_text(json.dumps({"kind": KIND, "files": names}) + "\n")


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
    own = {*(marked_files(directory) or ()), MARK} if is_marked(directory) else set()
    for path in directory.rglob(".*.partial") if own else ():
        name, process = path.name.removesuffix(".partial").removeprefix(".").rpartition(".")[::2]
        if str((path.parent / name).relative_to(directory)) in own and process.isdigit() and not runs(int(process)):
            path.unlink(missing_ok=True)


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
    return [name for name in list_files(directory) if name not in own and name.split(os.sep)[0] not in unfinished]


def remove_own(directory: Path) -> None:
    """Delete what ganmend wrote, and then folders that are empty; whatever else is there stays."""
    for folder in _unfinished_in(directory):
        shutil.rmtree(folder, ignore_errors=True)
    for name in marked_files(directory) or set():
        (directory / name).unlink(missing_ok=True)
    folders = [Path(root) for root, _, _ in os.walk(directory, topdown=False)]
    (directory / MARK).unlink(missing_ok=True)
    for folder in folders:
        if not any(folder.iterdir()):
            folder.rmdir()


def _unfinished_in(directory: Path) -> list[Path]:
    """Its folders that ganmend is filling, such as a run's work: all that is in them may go."""
    return [folder for folder in directory.iterdir() if not folder.is_symlink() and is_unfinished(folder)]


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
