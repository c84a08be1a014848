"""How far something is that takes longer than a second, told to whoever asked; they may end it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far one stage is.

    Attributes:
        stage: 'reading', 'ranking', 'choosing', 'searching', 'judging', 'diagnosing' or 'drawing'.
        done: units finished: images, classes, starts, steps or samples.
        total: units of the whole stage.
        probability: of the target, the classifier's mean over the samples of a search's step; None in other stages.
        diversity: the objective's ratio, likewise.
    """

    stage: str
    done: int
    total: int
    probability: float | None = None
    diversity: float | None = None


# Called from the thread that works, after each unit; it may raise `Cancelled` to end what it watches.
OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Nobody asked."""
