"""An ImageFolder of generated images, written in its place: after a kill at any moment it can be gone on with."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from ganmend.errors import OutputError
from ganmend.files.mark import mark_planned, remove_own, remove_partials
from ganmend.files.outputs import check_out, reserved
from ganmend.files.writing import told_of, whole_file
from ganmend.workbench.sample_folder import RECORD, SampleRecord, goes_on, interrupted_record

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class ManifestRow:
    """One generated image.

    Attributes:
        file: its path in the folder, with '/'.
        label: the class, by the name of its sub-folder.
        edit: the directory of the edit that drew it.
        embedding: the edit's digest.
        seed: of the latents.
        index: of the sample, from 0.
        probability: of the class by the judge, in [0, 1].
    """

    file: str
    label: str
    edit: str
    embedding: str
    seed: int
    index: int
    probability: float


COLUMNS = tuple("class" if entry.name == "label" else entry.name for entry in fields(ManifestRow))


class AugmentedFolder:
    """The folder while it is written.

    A class's rows stand in the manifest, and its files among those that are ganmend's, before the first of its images
    is written: so what a kill leaves is always a part of what the manifest says.

    Attributes:
        path: of the folder.
        rows: of the classes whose samples are chosen, whether or not they are all written.
    """

    path: Path
    rows: list[ManifestRow]

    def __init__(self, path: Path) -> None:
        """Take up what is there.

        Args:
            path: of the folder, held by this process.

        Raises:
            OutputError: the manifest is broken.
        """
        self.path, self.rows = path, _read(path / MANIFEST)

    def rows_of(self, label: str) -> list[ManifestRow]:
        """The rows of one class; [] before its samples are chosen."""
        return [row for row in self.rows if row.label == label]

    def plan(self, rows: Sequence[ManifestRow]) -> None:
        """Note what is to be written, before it is.

        Args:
            rows: of one more class.
        """
        self.rows += rows
        mark_planned(self.path, [RECORD, MANIFEST, *(row.file for row in self.rows)])
        with whole_file(self.path / MANIFEST) as partial, partial.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(astuple(row) for row in self.rows)


def check_augmented(out: Path, *, overwrite: bool) -> None:
    """Refuse a place before the generator is loaded; one that was interrupted is perhaps gone on with.

    Args:
        out: where the images are to go.
        overwrite: whether an earlier folder there may be replaced.

    Raises:
        OutputError: see `ganmend.files.outputs.check_out`.
    """
    if out.is_dir() and not out.is_symlink():
        with told_of(out):
            remove_partials(out)
    check_out(out, overwrite=overwrite or interrupted_record(out) is not None, directory=True)


@contextmanager
def augmented_folder(
    out: Path, request: Mapping[str, object], facts: Mapping[str, object], *, overwrite: bool
) -> Iterator[AugmentedFolder]:
    """Hold a folder while it is filled, and note that it is complete when the block ends without an error.

    Args:
        out: the folder; made, or gone on with where it holds a part of the same request.
        request: all that its images depend on.
        facts: what else is worth knowing, such as the command.
        overwrite: whether what stands there may be replaced; by a part of the same request it is gone on with.

    Yields:
        The folder.

    Raises:
        OutputError: it cannot be written, or holds something else.
    """
    check_augmented(out, overwrite=overwrite)
    going_on = goes_on(out, request, overwrite=overwrite)
    with reserved(out, overwrite=overwrite or going_on, directory=True):
        if not going_on:
            with told_of(out):
                if out.is_dir() and any(out.iterdir()):
                    remove_own(out)
                out.mkdir(exist_ok=True)
            mark_planned(out, [RECORD, MANIFEST])
            SampleRecord(request, facts, complete=False).write(out)
        yield AugmentedFolder(out)
        SampleRecord(request, facts, complete=True).write(out)


def _read(path: Path) -> list[ManifestRow]:
    """The rows of a manifest.

    Args:
        path: of the file, which may be missing.

    Returns:
        The rows, [] where there is no file.

    Raises:
        OutputError: it is no manifest of ours.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            header, *lines = csv.reader(file)
        if tuple(header) == COLUMNS:
            return [
                ManifestRow(name, label, edit, embedding, int(seed), int(index), float(probability))
                for name, label, edit, embedding, seed, index, probability in lines
            ]
    except (ValueError, csv.Error) as error:
        raise OutputError(f"{path} was changed and cannot be gone on with ({error}); give --overwrite") from error
    raise OutputError(f"{path} was changed and cannot be gone on with: its first line is another; give --overwrite")
