"""The edits of a sweep put into its generator's checkpoint, all at once."""

from pathlib import Path

from ganmend.edits.edit_file import load_edit
from ganmend.errors import OptionError
from ganmend.runs.sweeps.run import SweepDone
from ganmend.runs.sweeps.sweep import CLASSES
from ganmend.workbench.export import export_edits


def export_better(done: SweepDone, out: Path, *, overwrite: bool) -> list[str]:
    """Write the checkpoint in which every class that became better has its edit, all else bit for bit as it was.

    An edit of a class that nobody judged counts where nothing speaks against it.

    Args:
        done: the sweep.
        out: where the checkpoint goes, see `export_edits`.
        overwrite: whether something there may be replaced.

    Returns:
        The names of these classes, that which gained most first.

    Raises:
        CheckpointError, EmbeddingError: the checkpoint or an edit cannot be read.
        OptionError: no class became better, or the classes are new ones, for which the table has no rows.
        OutputError: the place cannot be written.
    """
    if done.request.task == "repurpose":
        raise OptionError("--export puts edits into the rows of their classes; new classes have none: ganmend export")
    rows = [row for row in done.rows if row["outcome"] == "better" or (row["folder"] and not row["outcome"])]
    better = [row for row in rows if not row["harm"]]
    if not better:
        raise OptionError("no class of this sweep became better, so there is nothing to export")
    edits = [load_edit(done.directory / CLASSES / str(row["folder"])) for row in better]
    source = done.request.generator
    names = source.load().class_names
    export_edits(names, source.path, edits, out, classes=[str(row["index"]) for row in better], overwrite=overwrite)
    return [str(row["class"]) for row in better]
