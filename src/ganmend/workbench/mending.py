"""Mending one class: where to start, the search, and the verdict on before and after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from ganmend.catalog.names import find_class
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import Cancelled, ClassifierError, ImageFolderError, OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.comparison import Comparison, paired_differences
from ganmend.metrics.doubts import doubts_on
from ganmend.metrics.judging import SEED, ClassJudge, judge_by_all
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.shares import AttributeCounter, AttributeShares
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress, ignore
from ganmend.report.tiles import tiles
from ganmend.search.attributes import WishedShares
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.state import SearchState
from ganmend.targets.classifier import Classifier, weights_of
from ganmend.workbench.class_meant import asked_as, found_by
from ganmend.workbench.copies import Originals, look_for_copies
from ganmend.workbench.guarded import ALL_TRIALS, guarded_search
from ganmend.workbench.made import made_now
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.result import MendResult
from ganmend.workbench.yardsticks import HealthyClasses, yardsticks_for

TASKS = ("repair", "repurpose", "debias")
ROUNDING = 1e-5  # relative, of features
SHOWN_PHOTOGRAPHS = 10  # beside the samples: enough to see what the class is, few enough to be passed on unthinkingly


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


def run_job(
    job: Job,
    *,
    preset: str,
    config: SearchConfig | None = None,
    seed: int,
    samples: int,
    on_progress: OnProgress = ignore,
    state: SearchState | None = None,
    on_state: Callable[[SearchState], None] | None = None,
    on_found: Callable[[MendResult], None] | None = None,
    found: MendResult | None = None,
    kept: Kept = NOTHING_KEPT,
) -> MendResult:
    """Search, and judge before and after on the same latents where there is a judge.

    Args:
        job: what to mend.
        preset: a name of PRESETS.
        config: settings in place of the preset's.
        seed: of all random numbers.
        samples: that the judge sees, of each.
        on_progress: called in all stages.
        state: of this job's search, to go on from.
        on_state: called with the search's state after each validation.
        on_found: called with the result before it is judged.
        found: the result of this job's search, which is judged and not searched again.
        kept: where what was drawn and seen is kept, for a run that is killed.

    Returns:
        The result.

    Raises:
        ClassifierError: the classifier gives NaN.
        OptionError: an unknown preset, too few samples, a start that the task does not have, or another search's state.
    """
    known = search_config(preset)  # refuses another name, also where the settings are one's own
    config = known if config is None else config
    if not isinstance(config, SearchConfig):
        raise OptionError(f"config is a {type(config).__name__}; expected a SearchConfig")
    compared = any(asked.reference is not None for asked in job.judges)
    if compared and samples <= NEIGHBOURS:  # before the search, whose result would be judged
        raise OptionError(f"samples is {samples}; coverage needs more than {NEIGHBOURS}")
    result = found
    if result is None:
        result = searched(job, preset, config, seed, on_progress=on_progress, state=state, on_state=on_state, kept=kept)
        if on_found is not None:
            on_found(result)
    try:
        if job.judges:
            result.verdict = compare(job, result, samples, on_progress, kept)
            if result.verdict.outcome == "worse":
                result.harm += (f"By the judge {result.verdict.judge} it is worse than before, taken together.",)
    except (KeyboardInterrupt, Cancelled):
        result.interrupted = True
    return result


def searched(
    job: Job,
    preset: str,
    config: SearchConfig,
    seed: int,
    *,
    on_progress: OnProgress = ignore,
    state: SearchState | None = None,
    on_state: Callable[[SearchState], None] | None = None,
    trials: slice = ALL_TRIALS,
    kept: Kept = NOTHING_KEPT,
) -> MendResult:
    """What a job's search comes to, not judged yet.

    Args:
        job: what to mend.
        preset: that the settings began as.
        config: all settings.
        seed: of all random numbers.
        on_progress: called in all stages but 'judging'.
        state: of this search, to go on from.
        on_state: called with the search's state as it goes.
        trials: which of the config's are searched.
        kept: where what was seen is kept, for a run that is killed.

    Returns:
        The best of these trials.

    Raises:
        ClassifierError: the classifier gives NaN.
        OptionError: a start that the task does not have, or another search's state.
    """
    found = guarded_search(
        job, config, seed, on_progress=on_progress, state=state, on_state=on_state, trials=trials, kept=kept
    )
    details = {"task": job.task, "preset": preset, "seed": str(seed), "classifier": job.classifier.fingerprint}
    details |= {"classifier_kin": job.classifier.kin} if job.classifier.kin else {}
    details |= other_names(job)
    best = found.search.best
    return MendResult(
        task=job.task,
        target=job.target,
        before_index=found.before_index,
        before=class_row(job.generator, found.before_index),
        after=ClassEdit(
            best.vectors, best.latent_map, best.offsets, best.weights, job.generator.fingerprint, job.target, details
        ),
        classifier=job.classifier.name,
        preset=preset,
        config=found.search.config,
        seed=seed,
        history=found.search.history,
        seconds=found.search.seconds,
        interrupted=found.search.interrupted,
        generator=job.generator,
        harm=found.harm,
        notes=job.notes + found.search.notes,
        photographs=() if job.photographs is None else tiles(job.photographs.spread(SHOWN_PHOTOGRAPHS)),
        made=made_now(job.generator, job.classifier, [asked.judge for asked in job.judges]),
    )


def other_names(job: Job) -> dict[str, str]:
    """What classifier and judge call the class, where that is not its name, so that the edit can be judged later."""
    asked = {"classifier_class": job.classifier.own_name(job.index)}
    for judge in job.judges[:1]:
        assert judge.index is not None
        asked["judge_class"] = judge.judge.own_name(judge.index)
    return {key: own for key, own in asked.items() if own != job.target}


def compare(
    job: Job, result: MendResult, samples: int, on_progress: OnProgress, kept: Kept = NOTHING_KEPT
) -> Comparison:
    """The judges' verdicts on before and after, beside what they can be compared with."""
    assert result.before is not None
    guide = ClassJudge(job.classifier, job.index)
    befores, afters = (
        judge_by_all(
            job.generator,
            edit,
            job.judges,
            guide=guide,
            counter=job.counter,
            n=samples,
            on_progress=on_progress,
            kept=kept,
            name=f"judging {edit.digest()}",
        )
        for edit in (result.before, result.after)
    )
    first, names = job.judges[0], [asked.judge.name for asked in job.judges]
    pairs = zip(befores, afters, names, strict=True)
    _, *others = (Comparison(before, after, name) for before, after, name in pairs)
    originals = Originals(job.photographs, job.to_match, first.reference)
    copies = look_for_copies(
        job.generator, result.after, samples, originals, job.classifier, first.judge, on_progress, kept
    )
    yardsticks = yardsticks_for(job.healthy, first.reference, job.target, samples, SEED, on_progress, kept)
    changes = paired_differences(befores[0], afters[0])
    doubts = doubts_on(
        afters[0],
        before=befores[0],
        changes=changes,
        yardsticks=yardsticks,
        trials=result.config.trials,
        judge_guided=first.judge.is_same_network_as(job.classifier),
        others=[(other.judge, other.after) for other in others],
        others_guided=[one.judge.name for one in job.judges[1:] if one.judge.is_same_network_as(job.classifier)],
        relatives=[one.judge.name for one in job.judges if one.judge.is_relative_of(job.classifier)],
        memorisation=copies.memorisation,
    )
    shares = counted_shares(job, befores[0], afters[0])
    if shares is not None:
        doubts += shares.doubts()
    result.nearest = copies.picture
    return Comparison(
        befores[0], afters[0], names[0], yardsticks, doubts, changes, tuple(others), copies.memorisation, shares
    )


def counted_shares(job: Job, before: Verdict, after: Verdict) -> AttributeShares | None:
    """How often samples show each attribute, beside the wished shares; None where none were wished for."""
    counter = job.counter
    if counter is None or job.wished is None or before.counts is None or after.counts is None:
        return None
    wished, by = job.wished.shares, counter.classifier.name
    return AttributeShares(counter.names, wished, before.counts, after.counts, by, counter.accuracy, counter.guided)


def same_network(fingerprint: str, judges: Sequence[ClassJudge]) -> list[str]:
    """Names of the judges that are the network of a fingerprint, however its images are prepared."""
    return [asked.judge.name for asked in judges if asked.judge.weights == weights_of(fingerprint)]
