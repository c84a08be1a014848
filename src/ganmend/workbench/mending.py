"""Mending one class: where to start, the search, and the verdict on before and after."""

from collections.abc import Callable

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import Cancelled, OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.progress import OnProgress, ignore
from ganmend.report.tiles import tiles
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.state import SearchState
from ganmend.workbench.comparing import compare
from ganmend.workbench.guarded import ALL_TRIALS, guarded_search
from ganmend.workbench.job import Job, other_names
from ganmend.workbench.made import made_now
from ganmend.workbench.result import MendResult

SHOWN_PHOTOGRAPHS = 10  # beside the samples: enough to see what the class is, few enough to be passed on unthinkingly


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
