"""The search, from its start to the best state of every trial."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import Cancelled
from ganmend.models.free_memory import memory_for_gradients
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.search.attributes import WishedShares
from ganmend.search.config import SearchConfig
from ganmend.search.feature_memory import FeatureMemory
from ganmend.search.run import CPU, Run
from ganmend.search.searched import copied
from ganmend.search.state import Record, SearchState
from ganmend.search.trials import Judgement
from ganmend.targets.classifier import Classifier

GIGABYTE = 10**9
STATE_EVERY = 10.0  # seconds; a state may be given later, where a step takes longer
FAILED = (
    "Trial {} of {} failed: its objective or its gradient was NaN or infinite again and again, with ever smaller "
    "steps. The best that it had found until then was kept."
)


@dataclass(frozen=True)
class SearchResult:
    """The kept state of every trial, on the CPU.

    Attributes:
        edits: of all trials, side by side.
        scores: (trials,) validation objective of the kept states.
        config: what was searched with, settled.
        history: one record a validation and trial.
        interrupted: whether Ctrl-C or a callback ended it before its time.
        seconds: it took.
        failed: trials, by their numbers, whose objective was NaN or infinite again and again; they keep the best that
            they had found, and a score of -infinity where that is nothing.
    """

    edits: EditTensors
    scores: Tensor
    config: SearchConfig
    history: list[Record] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    failed: tuple[int, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of its trials, in sentences."""
        return tuple(FAILED.format(trial + 1, len(self.scores)) for trial in self.failed)

    @property
    def order(self) -> list[int]:
        """Trials by validation objective, best first."""
        order: list[int] = self.scores.argsort(descending=True).tolist()
        return order

    @property
    def best(self) -> EditTensors:
        """The edit of the best trial."""
        return self.edits.select(self.order[0])


def search(
    generator: Generator,
    classifier: Classifier,
    start: Tensor,
    targets: Tensor,
    config: SearchConfig,
    *,
    seed: int = 0,
    real_features: Tensor | None = None,
    prior: Tensor | None = None,
    wished: WishedShares | None = None,
    on_progress: OnProgress = ignore,
    state: SearchState | None = None,
    on_state: Callable[[SearchState], None] | None = None,
) -> SearchResult:
    """Search better embeddings for classes of the classifier, from several starts side by side.

    It runs on the generator's device, where the classifier must be too. Ctrl-C, or `Cancelled` raised by a callback,
    ends the search, which then returns the best states so far.

    Args:
        generator: the frozen generator.
        classifier: that guides the search.
        start: (trials, K, dim_embedding).
        targets: (trials,) the classifier's class index that each trial shall show.
        config: all settings.
        seed: of latents and pairs.
        real_features: (M, F) the classifier's `matching_features` of real images of the target, or None.
        prior: (M, F) of `prior_features`, or None.
        wished: shares of attributes that the samples shall have, or None.
        on_progress: called after each step, stage 'searching'.
        state: goes on from there; it must come from the same arguments.
        on_state: called with the state after each validation, and after a step STATE_EVERY seconds later.

    Returns:
        The best states by validation.

    Raises:
        ClassifierError: the classifier gives NaN.
        DrawingError: the generator does.
        NoMemoryError: memory ran out, and less at once would change the result.
        OptionError: the state is of a search with other arguments.
        SearchError: all trials failed before any of them found something.
    """
    device = generator.device
    if real_features is not None:
        real_features = real_features.to(device)
    matches = real_features is not None and config.matching_weight > 0
    config = config.settled(matches_real_images=matches, has_prior=prior is not None)
    stated = config.memory * GIGABYTE
    memory = FeatureMemory((lambda: stated) if stated else memory_for_gradients(device))
    judgement = Judgement(
        generator,
        classifier,
        targets.to(device),
        config,
        real_features,
        memory,
        None if prior is None else prior.to(device),
        wished,
    )
    if config.memory:
        judgement.observer.warn_of_little_memory(len(start) * config.latents)
    run, began, interrupted = Run(judgement, start.to(device), seed), time.monotonic(), False
    told = began
    if state is not None:
        run.restore(state)
    try:
        # The start is a state like any other: where no step improves on it, it is kept.
        if run.validation_is_due:
            run.validate()
        while not run.ended:
            scores = run.take_step()
            shown = scores.finite if scores.finite.any() else slice(None)
            probability, diversity = (part[shown].mean().item() for part in (scores.probability, scores.diversity))
            on_progress(Progress("searching", run.step, config.steps, probability, diversity))
            validates = run.validation_is_due
            if validates:
                run.validate()
            # The search can stop here and go on: all that later steps depend on is in its state.
            if on_state is not None and (validates or time.monotonic() - told >= STATE_EVERY):
                on_state(run.state(time.monotonic() - began))
                told = time.monotonic()
    except (KeyboardInterrupt, Cancelled):
        interrupted = True
    best, seconds = run.best, run.seconds_before + time.monotonic() - began
    if len(run.failed) == len(start) and not any(record["step"] for record in best.history):
        run.refuse()
    history = [dict(record) for record in best.history]
    return SearchResult(copied(best.edits, CPU), best.scores.cpu(), config, history, interrupted, seconds, run.failed)
