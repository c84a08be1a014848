"""Reference statistics made of a folder of photographs, so that they need to be seen only once."""

import warnings
from collections.abc import Mapping
from pathlib import Path

from ganmend.checks import check_whole
from ganmend.errors import GanmendWarning, ImageFolderError
from ganmend.files.paths import as_path
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.photographs.classes import shortened, sub_folders
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.workbench.real_images import folders_of_classes
from ganmend.workbench.seen_photographs import class_reference_of


def make_statistics(
    folder: str | Path,
    judge: Classifier | str,
    *,
    resolution: int | None = None,
    on_progress: OnProgress = ignore,
) -> ReferenceStatistics:
    """Say what photographs look like to a judge, class by class.

    Args:
        folder: with a sub-folder a class, named as the judge names it; other sub-folders are left out.
        judge: that looks, or its name.
        resolution: of the generator that is to be judged, in pixels; None takes the judge's own.
        on_progress: called after each batch, stage 'reading'; it may raise `Cancelled`.

    Returns:
        The statistics, for that judge and generators of that resolution; `save` writes them.

    Raises:
        ClassifierError: the judge cannot be had.
        ImageFolderError: no folder, no sub-folder of a class, or too few photographs in one.
        OptionError: a resolution below 1.
    """
    if resolution is not None:
        check_whole("resolution", resolution, 1)
    judge = load_classifier(judge) if isinstance(judge, str) else judge
    pixels = resolution or judge.resolution
    folders = folders_of_classes(as_path(folder), judge)
    _warn_of_others(as_path(folder), folders, judge)
    # All are looked through before the first picture is decoded.
    photographs = {name: Photographs(path, pixels) for name, path in folders.items()}
    for name, found in photographs.items():
        if len(found) <= NEIGHBOURS:
            raise ImageFolderError(
                f"{found.folder} holds {len(found)} photographs of {name}, expected more than {NEIGHBOURS}; add some"
            )
    before, total = 0, sum(map(len, photographs.values()))
    classes = {}
    for name, found in photographs.items():

        def show(progress: Progress, before: int = before) -> None:
            on_progress(Progress(progress.stage, before + progress.done, total))

        classes[name] = class_reference_of(judge, found, judge.index_of(name), on_progress=show)
        before += len(found)
    return ReferenceStatistics(classes, judge.fingerprint, Path(folder).name, pixels)


def _warn_of_others(folder: Path, taken: Mapping[str, Path], judge: Classifier) -> None:
    others = [path.name for path in sub_folders(folder) if path not in taken.values()]
    if others:
        message = f"left out {len(others)} sub-folders that are no classes of {judge.name}: {shortened(others)}"
        warnings.warn(message, GanmendWarning, stacklevel=3)
