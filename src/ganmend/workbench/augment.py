"""Generated images for the classes of a training set: an edit mended for each, drawn, and the surest samples kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganmend.catalog.names import is_index
from ganmend.checks import check_number, check_whole
from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import ClassifierError, ImageFolderError, OutputError
from ganmend.files.disk import folder_to_disk
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.files.writing import told_of
from ganmend.photographs.classes import named_class, sub_folders
from ganmend.photographs.find import find_pictures
from ganmend.progress import OnProgress, ignore
from ganmend.workbench.augmented_folder import AugmentedFolder, ManifestRow
from ganmend.workbench.class_meant import asked_as, class_meant
from ganmend.workbench.pictures import sample_paths, write_samples
from ganmend.workbench.samples import Samples, probabilities, surest
from ganmend.workbench.workbench import Workbench


@dataclass(frozen=True)
class TrainingClass:
    """A class of the training set.

    Attributes:
        label: the name of its sub-folder.
        target: what a search is asked for.
        task: 'repair' where the generator has the class, else 'repurpose'.
        edit: the directory that its edit is in, or will be.
    """

    label: str
    target: str
    task: str
    edit: Path


def class_labels(images: Path) -> list[str]:
    """The classes of an ImageFolder.

    Args:
        images: with a sub-folder a class.

    Returns:
        The names of its sub-folders, in order.

    Raises:
        ImageFolderError: no sub-folder, one without pictures, or one that is named by a number.
    """
    if not images.is_dir():
        raise ImageFolderError(f"no folder at {images}: expected a folder with a sub-folder of photographs a class")
    found = sub_folders(images)
    if not found:
        raise ImageFolderError(f"{images} has no sub-folder; expected one for each class, with its photographs")
    for folder in found:
        if not find_pictures(folder).paths:
            raise ImageFolderError(f"{folder} holds no picture; add photographs of the class, or move it away")
        if is_index(folder.name):
            raise ImageFolderError(f"{folder} is named by a number; name it for its class")
    return [folder.name for folder in found]


def training_classes(workbench: Workbench, labels: Sequence[str], edits: Path) -> list[TrainingClass]:
    """What is done for each class, looked up before the first is mended.

    Args:
        workbench: with generator, classifier and judge.
        labels: of the training set.
        edits: the folder of the edits, a sub-folder a class.

    Returns:
        The classes, in the same order.

    Raises:
        ClassNameError: classifier or judge do not know one.
        ClassifierError: there is no judge.
        OptionError: two labels are one class.
    """
    if workbench.judge is None:
        raise ClassifierError("a judge is needed that knows the classes, such as torchvision:resnet50")
    names = workbench.generator.class_names
    tasks = ["repurpose" if named_class(label, names) is None else "repair" for label in labels]
    targets = workbench.target_names(list(zip(tasks, labels, strict=True)))
    return [
        TrainingClass(label, target, task, edits / label)
        for label, target, task in zip(labels, targets, tasks, strict=True)
    ]


def candidates(n: int, keep: float) -> int:
    """How many samples are drawn so that the share `keep` of them is n: n / keep, rounded up.

    Args:
        n: samples that are kept, at least 1.
        keep: above 0, at most 1.

    Returns:
        At least n.

    Raises:
        OptionError: out of range.
    """
    check_whole("the number of samples", n, 1)
    check_number("keep", keep, above=0, most=1)
    return max(n, math.ceil(n / keep - 1e-9))  # n / keep may be a whole number but for rounding


def draw_class(
    folder: AugmentedFolder,
    one: TrainingClass,
    workbench: Workbench,
    edit: ClassEdit,
    n: int,
    *,
    keep: float,
    seed: int,
    facts: dict[str, object],
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
) -> list[ManifestRow]:
    """Draw a class, and write the samples that the judge takes for it most surely; what is there stays.

    Args:
        folder: that they go into.
        one: the class.
        workbench: whose first judge chooses.
        edit: of the class.
        n: images that are kept.
        keep: the share of the drawn that they are.
        seed: of the latents.
        facts: for the pictures' metadata.
        on_progress: called after each batch, stage 'drawing'.
        kept: where what was judged is kept, for a command that is killed.

    Returns:
        The class's rows of the manifest.

    Raises:
        OutputError: another edit drew what is there already.
    """
    samples = Samples.first(candidates(n, keep), seed)
    rows = folder.rows_of(one.label)
    if not rows:
        judge = workbench.judge
        assert judge is not None
        names = workbench.generator.class_names
        index = asked_as(judge, class_meant(one.target, names), names)
        surely = probabilities(workbench, edit, samples, judge, index, on_progress=on_progress, kept=kept)
        chosen = surest(surely, n)
        rows = [
            ManifestRow(
                f"{one.label}/{path.name}", one.label, str(one.edit), edit.digest(), seed, number, chosen[number]
            )
            for number, path in sample_paths(Path(one.label), chosen).items()
        ]
        folder.plan(rows)
    elif rows[0].embedding != edit.digest():
        raise OutputError(
            f"{folder.path} holds {one.label} of another edit than {one.edit}; give that edit, or --overwrite"
        )
    surely = {row.index: row.probability for row in rows}
    write_samples(
        folder.path / one.label, workbench, edit, samples, surely, facts={**facts, "class": one.label},
        on_progress=on_progress,
    )  # fmt: skip
    with told_of(folder.path):
        folder_to_disk(folder.path / one.label)
    return rows
