"""A search with what holds it back, looked at again when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors, class_row
from ganmend.progress import OnProgress
from ganmend.search.config import SearchConfig
from ganmend.search.guard import LATENTS, Seen, harm_done, seen
from ganmend.search.loop import SearchResult, search
from ganmend.search.prior import own_prior
from ganmend.search.searched import copied
from ganmend.search.starting_points import starting_points
from ganmend.search.state import SearchState
from ganmend.search.validation import draw_latents
from ganmend.workbench.class_meant import class_meant, known_to

if TYPE_CHECKING:
    from ganmend.workbench.mending import Job


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
    job: "Job",
    config: SearchConfig,
    seed: int,
    *,
    on_progress: OnProgress,
    state: SearchState | None = None,
    on_state: Callable[[SearchState], None] | None = None,
) -> Found:
    """Search from where the task starts, held back by what there is, and see whether it did harm.

    Args:
        job: what to mend.
        config: settings; what is None in them depends on whether there are real images.
        seed: of latents, starts and samples of healthy classes.
        on_progress: called in all stages.
        state: of this job's search, to go on from.
        on_state: called with the search's state after each validation.

    Returns:
        What it came to.

    Raises:
        ClassifierError: the classifier gives NaN.
        OptionError: a start that the task does not have, or another search's state.
    """
    to_match = None if job.to_match is None else job.to_match.to(job.generator.device)
    matches = to_match is not None and config.matching_weight > 0
    settled, prior = _held_back(job, config, seed, matches, on_progress)
    start, before_index = starting_points(
        job.generator, job.classifier, job.index, settled, seed, own_row=job.own_row,
        own_row_is_sick=job.task == "repair", real_features=to_match, on_progress=on_progress,
    )  # fmt: skip
    found = search(
        job.generator, job.classifier, start, torch.full((len(start),), job.index), settled, seed=seed,
        real_features=to_match, prior=prior, on_progress=on_progress, state=state, on_state=on_state,
    )  # fmt: skip
    return Found(found, before_index, _harm(job, EditTensors(start[found.order[0]]), found.best, before_index, seed))


def _held_back(
    job: "Job", config: SearchConfig, seed: int, matches: bool, on_progress: OnProgress
) -> tuple[SearchConfig, Tensor | None]:
    """The settings, settled, and what keeps the search near the generator's healthy classes, where that is wanted."""
    settled = config.settled(matches_real_images=matches)
    if not settled.prior_weight:
        return settled, None
    names = job.generator.class_names
    known_as = [known_to(job.classifier, row, names) for row in range(len(names))]
    # A class to be drawn anew may be a row of the generator too, which was never trained.
    own_row = class_meant(job.target, names).row
    prior = own_prior(
        job.generator, job.classifier, known_as, own_row, seed, views=bool(settled.views), on_progress=on_progress
    )
    return config.settled(matches_real_images=matches, has_prior=prior is not None), prior


def _harm(job: "Job", start: EditTensors, after: EditTensors, before_index: int, seed: int) -> tuple[str, ...]:
    """Why the edit is no success, by the search's own classifier; a sick row is nothing to compare it with."""
    nearest = None if job.task == "repair" else class_row(job.generator, before_index)
    z = draw_latents(job.generator, seed, LATENTS, "validation")

    def looked_at(edit: EditTensors) -> Seen:
        return seen(job.generator, job.classifier, copied(edit, z.device), job.index, z)

    return harm_done(looked_at(after), looked_at(start), None if nearest is None else looked_at(nearest))
