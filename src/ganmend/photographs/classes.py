"""Folders with a sub-folder a class, as torchvision's ImageFolder has them: which sub-folder is which class's."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from ganmend.catalog.names import find_class, is_index, knows_class
from ganmend.errors import GanmendWarning, ImageFolderError
from ganmend.photographs.find import is_hidden

SHOWN = 5  # names in a message


def named_class(wanted: str, names: Sequence[str]) -> int | None:
    """The index of the class that a sub-folder is named for, or None.

    A number is none: folders called 1, 2 or 2019 say nothing about classes, unless classes are called so.
    """
    if (is_index(wanted) and wanted not in names) or not knows_class(wanted, names):
        return None
    return find_class(wanted, names)


def class_folders(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """The sub-folders of a folder that are named for classes.

    Args:
        folder: of photographs.
        names: of all classes; a sub-folder is called so in any spelling that `find_class` takes, or by its WordNet id.

    Returns:
        Their paths by the class's name, in the order of the classes.

    Raises:
        ImageFolderError: two are named for one class.
    """
    found: dict[int, Path] = {}
    for path in sub_folders(folder):
        index = named_class(path.name, names)
        if index is None:
            continue
        if index in found:
            raise ImageFolderError(f"{found[index]} and {path} are both named for {names[index]}; keep one of them")
        found[index] = path
    return {names[index]: found[index] for index in sorted(found)}


def folder_of_class(folder: Path, target: str, names: Sequence[str]) -> Path:
    """Where the photographs of one class are.

    Args:
        folder: that was given for it.
        target: the class's name, one of `names`.
        names: of all classes.

    Returns:
        Its sub-folder of the class's name; or the folder itself, where no sub-folder is named for any class.

    Raises:
        ImageFolderError: sub-folders are named for other classes, but none for this one.
    """
    if not folder.is_dir():
        return folder  # what reads it says what is wrong
    found = class_folders(folder, names)
    if target in found:
        return found[target]
    if found:
        raise ImageFolderError(
            f"{folder} has sub-folders of other classes ({shortened(found)}) and none of {target}; "
            f"add one, or give a folder of {target} alone"
        )
    below = [path.name for path in sub_folders(folder)]
    if len(below) > 1:
        warnings.warn(
            f"no sub-folder of {folder} is named {target}; took the pictures of all of them ({shortened(below)})",
            GanmendWarning,
            stacklevel=2,
        )
    return folder


def check_folders(folder: Path, targets: Sequence[str], names: Sequence[str]) -> None:
    """Refuse one folder for several classes, but where each has its sub-folder.

    Args:
        folder: that was given for all of them.
        targets: classes, some of `names`.
        names: of all classes.

    Raises:
        ImageFolderError: no such folder, or a class has no sub-folder in it.
    """
    if not folder.is_dir():
        raise ImageFolderError(f"no folder at {folder}: expected a folder of real images")
    found = class_folders(folder, names)
    if len(targets) > 1 and (missing := [target for target in targets if target not in found]):
        raise ImageFolderError(
            f"{folder} has no sub-folder of {missing[0]}: photographs of {len(targets)} classes come from one folder "
            "only where each class has a sub-folder of its name"
        )


def shortened(names: Sequence[str] | dict[str, Path]) -> str:
    """Some names in a line."""
    return ", ".join(list(names)[:SHOWN]) + ", ..." * (len(names) > SHOWN)


def sub_folders(folder: Path) -> list[Path]:
    """The folders in a folder, but for hidden ones.

    Args:
        folder: that is there.

    Returns:
        Their paths, in order.

    Raises:
        ImageFolderError: it may not be opened.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise ImageFolderError(f"{folder} cannot be opened ({error.strerror})") from error
    return [folder / name for name in names if not is_hidden(name) and (folder / name).is_dir()]
