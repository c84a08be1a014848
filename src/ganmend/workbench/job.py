"""One class to mend, with everything that it takes, checked before the expensive part."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ganmend.catalog.names import find_class
from ganmend.errors import ClassifierError, ImageFolderError, OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.judging import ClassJudge
from ganmend.metrics.shares import AttributeCounter
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress, ignore
from ganmend.search.attributes import WishedShares
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_meant import asked_as, found_by
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.yardsticks import HealthyClasses

TASKS = ("repair", "repurpose", "debias")
ROUNDING = 1e-5  # relative, of features


@dataclass(frozen=True)
class Job:
    """One class to mend, with everything it needs, all checked.

    Attributes:
        task: 'repair', 'repurpose' or 'debias'.
        target: the class's name, as the generator has it, else the search's classifier.
        generator: prepared for many images.
        classifier: guides the search, in the search's precision.
        index: the classifier's, of the target.
        own_row: the generator's row of the target; None where it is to be re-purposed.
        to_match: (M, F) the classifier's features of real images, or None.
        judges: give the verdict, in float32, the first of them its headline; () where nobody judges. Their real images
            are not those that the search sees.
        healthy: classes of the generator to compare with, or None without a judge.
        photographs: all of the class, matched and held out: some are shown, and copies are looked for in all; or None.
        wished: shares of attributes that the samples shall have, or None.
        notes: what is to be known of the target, in sentences.
        counter: counts these attributes, or None.
    """

    task: str
    target: str
    generator: Generator
    classifier: Classifier
    index: int
    own_row: int | None
    to_match: Tensor | None
    judges: tuple[ClassJudge, ...] = ()
    healthy: HealthyClasses | None = None
    photographs: Photographs | None = None
    wished: WishedShares | None = None
    notes: tuple[str, ...] = ()
    counter: AttributeCounter | None = None


def prepare_job(
    task: str,
    target: str | int,
    generator: Generator,
    classifier: Classifier,
    judges: Sequence[Classifier],
    real: RealImages,
    healthy: HealthyClasses | None = None,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
) -> Job:
    """Check and gather everything before the expensive part.

    Args:
        task: 'repair', 'repurpose' or 'debias'.
        target: the class's name, or the generator's index.
        generator: prepared for many images.
        classifier: guides the search, in the search's precision.
        judges: give the verdict, the first of them its headline.
        real: where real images come from; what is matched and what is compared with are never the same images.
        healthy: classes of the generator to compare with, or None.
        on_progress: called while a folder's images are seen, stage 'reading'.
        kept: where what was seen is kept, for a run that is killed.

    Returns:
        The job.

    Raises:
        ClassNameError: classifier or a judge do not know the target, or the generator has no such class to mend.
        ClassifierError: NaN on the real images, or statistics of another judge than the first.
        ImageFolderError: no real images, too few, or all the same.
        OptionError: an unknown task.
    """
    if task not in TASKS:
        raise OptionError(f"unknown task {task!r}; expected one of {', '.join(TASKS)}")
    names = generator.class_names
    meant, index = found_by(classifier, target, names)
    if task != "repurpose" and meant.row is None:
        find_class(meant.name, names)  # which tells why it is none of the generator's
    indices = [asked_as(judge, meant, names) for judge in judges]
    own_name = classifier.class_names[index]
    to_match = real.to_match(classifier, own_name, judged=bool(judges), on_progress=on_progress, kept=kept)
    if to_match is not None and not to_match.isfinite().all():
        raise ClassifierError(f"{classifier.name} gives NaN on the real images; use another classifier")
    check_varied(to_match)
    asked = asked_judges(judges, indices, real, searched=True, on_progress=on_progress, kept=kept)
    photographs = None
    if real.folder is not None:
        knowing, own = (judges[0], indices[0]) if judges else (classifier, index)
        photographs = real.photographs(knowing, knowing.class_names[own])
    own_row = None if task == "repurpose" else meant.row
    return Job(task, meant.name, generator, classifier, index, own_row, to_match, asked, healthy, photographs)


def asked_judges(
    judges: Sequence[Classifier],
    indices: Sequence[int],
    real: RealImages,
    *,
    searched: bool,
    on_progress: OnProgress,
    kept: Kept = NOTHING_KEPT,
) -> tuple[ClassJudge, ...]:
    """Judges with what each compares samples of its class with.

    Args:
        judges: the first gives the headline: saved statistics must be its own, and its figures alone get intervals.
        indices: each judge's, of the class.
        real: where real images come from.
        searched: whether a search has seen the other half of a folder.
        on_progress: called while a folder's images are seen, stage 'reading'.
        kept: where what was seen is kept, for a run that is killed.

    Returns:
        The judges, in the same order.

    Raises:
        ClassifierError: statistics of another judge than the first.
        ImageFolderError: no real images, too few, or all the same.
    """
    asked = []
    for place, (judge, index) in enumerate(zip(judges, indices, strict=True)):
        reference = real.reference(
            judge, judge.class_names[index], searched=searched, needed=place == 0, on_progress=on_progress,
            kept=kept, name=f"reference {place}",
        )  # fmt: skip
        check_varied(None if reference is None else reference.features)
        asked.append(ClassJudge(judge, index, reference, intervals=place == 0))
    return tuple(asked)


def check_varied(features: Tensor | None) -> None:
    """Refuse real images that are all the same, of which every figure of a distribution is undefined.

    Args:
        features: (M, F) of the real images, or None where there are none.

    Raises:
        ImageFolderError: so; as to rounding, which depends on the place in a batch.
    """
    if features is not None and (features - features[0]).abs().max() <= ROUNDING * features.abs().max():
        raise ImageFolderError(f"all {len(features)} real images are the same, or look so; expected different ones")


def other_names(job: Job) -> dict[str, str]:
    """What classifier and judge call the class, where that is not its name, so that the edit can be judged later."""
    asked = {"classifier_class": job.classifier.own_name(job.index)}
    for judge in job.judges[:1]:
        assert judge.index is not None
        asked["judge_class"] = judge.judge.own_name(judge.index)
    return {key: own for key, own in asked.items() if own != job.target}
