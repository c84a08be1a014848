"""The edit of a class of a training set: the one that is there, or one that is mended in a run of its own."""

from dataclasses import replace

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.files.outputs import clear_up
from ganmend.progress import OnProgress, ignore
from ganmend.runs.mend_run import mend_in
from ganmend.runs.record import unfinished_run
from ganmend.workbench.augment import TrainingClass
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench


def edit_for(
    one: TrainingClass,
    workbench: Workbench,
    request: MendRequest,
    *,
    overwrite: bool = False,
    command: str = "",
    on_progress: OnProgress = ignore,
) -> tuple[ClassEdit, MendResult | None]:
    """The edit of a class; where a part of its run is there, that is gone on with.

    Args:
        one: the class.
        workbench: of the request.
        request: how classes are mended, of no class yet.
        overwrite: whether a part of another run may be replaced; an edit that is complete is used.
        command: as it was typed, for the files.
        on_progress: called in all stages.

    Returns:
        The edit, and how it was found; None of one that was there.

    Raises:
        EmbeddingError: what is there is no edit of this generator.
        KeyboardInterrupt: the search was interrupted; its state is kept.
        OutputError: the edit cannot be saved, or a part of another run is there.
    """
    if one.edit.exists() and unfinished_run(one.edit) is None:
        edit = load_edit(one.edit)
        edit.check(workbench.generator)
        clear_up(one.edit)
        return edit, None
    asked = replace(request, task=one.task, target=one.target)
    result = mend_in(one.edit, asked, workbench, overwrite=overwrite, command=command, on_progress=on_progress)
    if result.interrupted:
        raise KeyboardInterrupt
    return result.after, result
