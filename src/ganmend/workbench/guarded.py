"""A search with what holds it back, looked at again when it is done."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors, class_row
from ganmend.errors import Cancelled
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.progress import OnProgress
from ganmend.search.config import SearchConfig
from ganmend.search.guard import LATENTS, Seen, harm_done, seen
from ganmend.search.loop import SearchResult, search
from ganmend.search.prior import own_prior
from ganmend.search.ranking import class_scores
from ganmend.search.run import CPU
from ganmend.search.searched import copied
from ganmend.search.starting_points import RANKED, starting_points
from ganmend.search.state import SearchState
from ganmend.search.validation import draw_latents
from ganmend.workbench.class_meant import class_meant, known_to
from ganmend.workbench.job import Job

NOTHING_TO_LEARN = (
    "The classifier is sure of the class already (probability {:.2f}), and without photographs or wished shares "
    "(--balance) nothing says what it lacks, so its row was kept; give photographs."
)
ALL_TRIALS = slice(None)


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        search: its result.
        before_index: the existing row that the edit is compared with.
        harm: why it is no success, in sentences; () where nothing speaks against it.
    """

    search: SearchResult
    before_index: int
    harm: tuple[str, ...]


def guarded_search(
    job: Job,
    config: SearchConfig,
    seed: int,
    *,
    on_progress: OnProgress,
    state: SearchState | None = None,
    on_state: Callable[[SearchState], None] | None = None,
    trials: slice = ALL_TRIALS,
    kept: Kept = NOTHING_KEPT,
) -> Found:
    """Search from where the task starts, held back by what there is, and see whether it did harm.

    A class that the classifier is sure of already is not de-biased without real images or shares of attributes:
    nothing would say what it lacks, and a search would narrow it. Its row is kept. (With a prior of 0, as in the
    paper's preset, it is tried.)

    Args:
        job: what to mend.
        config: settings; what is None in them depends on whether there are real images.
        seed: of latents, starts and samples of healthy classes.
        on_progress: called in all stages.
        state: of this job's search, to go on from.
        on_state: called with the search's state as it goes.
        trials: which of the config's are searched; each starts where it starts among all of them.
        kept: where what comes before the search is kept, for a run that is killed.

    Returns:
        What it came to.

    Raises:
        ClassifierError: the classifier gives NaN.
        OptionError: a start that the task does not have, or another search's state.
    """
    to_match = None if job.to_match is None else job.to_match.to(job.generator.device)
    matches = to_match is not None and config.matching_weight > 0
    settled, prior = _held_back(job, config, seed, matches, on_progress, kept)
    led = matches or job.wished is not None
    if job.task == "debias" and job.own_row is not None and not led and settled.prior_weight:
        own = class_row(job.generator, job.own_row)
        if (sure := _look(job, own, seed).probability) >= settled.ceiling:
            return Found(_kept(own, settled), job.own_row, (NOTHING_TO_LEARN.format(sure),))
    if (begun := kept.tensors("start")) is None:
        start, before_index = starting_points(
            job.generator, job.classifier, job.index, settled, seed, own_row=job.own_row,
            own_row_is_sick=job.task == "repair", real_features=to_match, on_progress=on_progress,
        )  # fmt: skip
        begun = {"start": start, "before": torch.tensor(before_index)}
        kept.put_tensors("start", begun)
    start, before_index = begun["start"][trials], int(begun["before"])
    found = search(
        job.generator, job.classifier, start, torch.full((len(start),), job.index), settled, seed=seed,
        real_features=to_match, prior=prior, wished=job.wished, on_progress=on_progress, state=state, on_state=on_state,
    )  # fmt: skip
    try:
        # A sick row is nothing to compare with.
        nearest = None if job.task == "repair" else _look(job, class_row(job.generator, before_index), seed)
        after, began = (_look(job, edit, seed) for edit in (found.best, EditTensors(start[found.order[0]])))
        harm = harm_done(after, began, nearest, _usual_diversity(job, settled, to_match))
    except (KeyboardInterrupt, Cancelled):  # what was found is kept, whether it did harm or not
        return Found(replace(found, interrupted=True), before_index, ())
    return Found(found, before_index, harm)


def _held_back(
    job: Job, config: SearchConfig, seed: int, matches: bool, on_progress: OnProgress, kept: Kept
) -> tuple[SearchConfig, Tensor | None]:
    """The settings, settled, and what keeps the search near the generator's healthy classes, where that is wanted."""
    settled = config.settled(matches_real_images=matches)
    if not settled.prior_weight:
        return settled, None
    if (seen := kept.tensors("prior")) is not None:
        return config.settled(matches_real_images=matches), seen["features"]
    names = job.generator.class_names
    known_as = [known_to(job.classifier, row, names) for row in range(len(names))]
    # A class to be drawn anew may be a row of the generator too, which was never trained.
    own_row = class_meant(job.target, names).row
    prior = own_prior(
        job.generator, job.classifier, known_as, own_row, seed, views=bool(settled.views), on_progress=on_progress
    )
    if prior is not None:
        kept.put_tensors("prior", {"features": prior})
    return config.settled(matches_real_images=matches, has_prior=prior is not None), prior


def _usual_diversity(job: Job, config: SearchConfig, real_features: Tensor | None) -> float:
    """How far samples of a class lie apart that the classifier is sure of: real ones, else those of the median row."""
    if real_features is not None:
        width = job.classifier.logits_and_features(_blank(job))[1].shape[1]
        return mean_pairwise_distance(real_features[:, -width:])  # the last of the matching layers: see `Classifier`
    if config.prior_weight or config.init in RANKED or job.own_row is None:  # then all rows are scored already
        return class_scores(job.generator, job.classifier)["diversity"].median().item()
    return math.inf


def _blank(job: Job) -> Tensor:
    resolution = job.generator.resolution
    return torch.zeros(1, 3, resolution, resolution, device=job.generator.device)


def _look(job: Job, edit: EditTensors, seed: int) -> Seen:
    """What the search's classifier sees in an edit, on validation latents."""
    z = draw_latents(job.generator, seed, LATENTS, "validation")
    return seen(job.generator, job.classifier, copied(edit, z.device), job.index, z)


def _kept(own: EditTensors, config: SearchConfig) -> SearchResult:
    """The result of no search: the row that there was."""
    edits = EditTensors(own.vectors[None], offsets=None if own.offsets is None else own.offsets[None])
    return SearchResult(copied(edits, CPU), torch.zeros(1), config)
