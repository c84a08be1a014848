"""Healthy classes of a generator, judged as the class in question is, so that its figures can be read."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ganmend.edits.class_edit import class_row
from ganmend.errors import GanmendError, ImageFolderError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, Yardsticks, median_verdict, real_as_samples
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_meant import known_to
from ganmend.workbench.marks import mark_class

CLASSES = 5  # whose median counts
# Accuracy and diversity, all that is known without real images, are the same on average for any number of samples; FID
# and coverage are not, so with real images as many samples are drawn as of the class in question.
SAMPLES_WITHOUT_REAL = 200


class HealthyClasses:
    """Classes spread evenly over a generator's table, each judged when it is first needed."""

    def __init__(
        self, generator: Generator, judge: Classifier, references: Callable[[str], ClassReference | None]
    ) -> None:
        """Judge nothing yet.

        Args:
            generator: prepared for many images.
            judge: of the verdicts.
            references: from the judge's name of a class to its real images, as this judge sees them, or None where
                there are none.
        """
        self.generator, self.judge, self.references = generator, judge, references
        self._judged: dict[tuple[int, int, int], Verdict] = {}

    def chosen(self, target: str) -> list[int]:
        """Indices of at most CLASSES classes that the judge knows, none of them the target; the same for all others.

        The target may be called as the generator or as the judge calls it.
        """
        names, judge = self.generator.class_names, self.judge
        asked = {index: known_to(judge, index, names) for index in range(len(names))}
        called = {index: (names[index], judge.class_names[own]) for index, own in asked.items() if own is not None}
        known = list(called)
        wanted = CLASSES + 1  # one may be the target
        spread = known if len(known) <= wanted else [known[i * len(known) // wanted] for i in range(wanted)]
        return [index for index in spread if target not in called[index]][:CLASSES]

    def yardstick(
        self, target: str, n: int, seed: int, on_progress: OnProgress = ignore, kept: Kept = NOTHING_KEPT
    ) -> Yardsticks:
        """The median of the classes that are not sick among the chosen.

        Args:
            target: name of the class in question, which is left out.
            n: samples of it that are judged.
            seed: of their latents.
            on_progress: called after each class, stage 'healthy classes'.
            kept: where verdicts are kept, for a run that is killed.

        Returns:
            The median and the classes' names; nothing where fewer than two other classes are known to the judge, since
            a single one may be sick itself.
        """
        indices = self.chosen(target)
        if len(indices) < 2:
            return NO_YARDSTICKS
        verdicts = {}
        for done, index in enumerate(indices, 1):
            verdicts[index] = self._judge(index, n, seed, kept)
            on_progress(Progress("healthy classes", done, len(indices)))
        return healthy_median(self.generator.class_names, verdicts)

    def _reference(self, name: str) -> ClassReference | None:
        try:
            return self.references(name)
        except ImageFolderError:  # too few of a class that nobody asked for
            return None

    def _judge(self, index: int, n: int, seed: int, kept: Kept) -> Verdict:
        key = (index, n, seed)
        name = f"healthy {index}"
        if key not in self._judged and (verdict := _read(kept.value(name))) is not None:
            self._judged[key] = verdict
        if key not in self._judged:
            target = known_to(self.judge, index, self.generator.class_names)
            assert target is not None
            reference = self._reference(self.judge.class_names[target])
            n = n if reference is not None else min(n, SAMPLES_WITHOUT_REAL)
            edit = class_row(self.generator, index)
            self._judged[key] = judge_edit(
                self.generator, edit, self.judge, target, reference, n=n, seed=seed, intervals=False,
                kept=kept, name=name,
            )  # fmt: skip
            kept.put(name, self._judged[key].as_dict())
            kept.forget(name)
        return self._judged[key]


def yardsticks_for(
    healthy: HealthyClasses | None,
    reference: ClassReference | None,
    target: str,
    n: int,
    seed: int,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
) -> Yardsticks:
    """All that the figures of one class can be compared with.

    Args:
        healthy: classes of its generator, or None.
        reference: real images of the class, as the judge sees them, or None.
        target: name of the class.
        n: samples of it that are judged.
        seed: of their latents.
        on_progress: called after each healthy class, stage 'healthy classes'.
        kept: where verdicts are kept, for a run that is killed.

    Returns:
        Healthy classes and real images, each where there is something to judge.
    """
    found = NO_YARDSTICKS if healthy is None else healthy.yardstick(target, n, seed, on_progress, kept)
    return replace(found, real=None if reference is None else real_as_samples(reference, seed=seed))


def _read(figures: object | None) -> Verdict | None:
    """A verdict that was kept; None where there is none, or one that another version wrote."""
    try:
        return None if figures is None else Verdict.from_dict(figures)
    except GanmendError:
        return None


def healthy_median(names: tuple[str, ...], verdicts: Mapping[int, Verdict]) -> Yardsticks:
    """The median of the classes without a mark.

    Args:
        names: of all classes.
        verdicts: by class index.

    Returns:
        The median and the names; nothing where all are marked.
    """
    healthy = [index for index in verdicts if not mark_class(index, names[index], verdicts).mark]
    if not healthy:
        return NO_YARDSTICKS
    return Yardsticks(median_verdict([verdicts[index] for index in healthy]), tuple(names[index] for index in healthy))
