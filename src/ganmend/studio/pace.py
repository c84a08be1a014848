"""How long a job still takes, by how long its steps took until now."""

from ganmend.progress import Progress
from ganmend.workbench.yardsticks import CLASSES

SEARCHING, JUDGING, HEALTHY = "searching", "judging", "healthy classes"
Seen = tuple[float, float]  # how many steps or classes are done, and when that was seen


class Pace:
    """What this process has seen of a job's search and of its judging.

    Attributes:
        judged_since: when judging began; None before.

    Args:
        judging: seconds that judging takes, as the last job showed; None where there was none.
    """

    judged_since: float | None

    def __init__(self, judging: float | None) -> None:
        self._judging, self.judged_since = judging, None
        self._first_step: Seen | None = None
        self._first_class: Seen | None = None
        self._judged = 0.0  # classes, and a part of the next one
        self._to_judge = 2 + CLASSES  # before, after, and the healthy ones beside which the verdict stands

    @property
    def has_begun(self) -> bool:
        """Whether the search or judging was seen."""
        return self._first_step is not None or self._first_class is not None

    def see(self, told: Progress, now: float) -> None:
        """Note what was done, and when.

        Args:
            told: of a stage.
            now: in seconds since any moment.
        """
        if told.stage == SEARCHING:
            self._first_step = self._first_step or (told.done, now)
        if told.stage == JUDGING:
            # Before, then after: the part that is done is smaller again when the second one begins.
            second = self._judged >= 1
            self._judged = second + told.done / told.total
        if told.stage == HEALTHY:
            self._judged, self._to_judge = 2.0 + told.done, 2 + told.total  # a generator may have fewer
        if self._judged and self._first_class is None:
            self._first_class, self.judged_since = (self._judged, now), now

    def seconds_left(self, told: Progress, now: float) -> float | None:
        """How long the search and judging still take; a search that stops early takes less.

        Args:
            told: the last of what was told.
            now: see `see`.

        Returns:
            Seconds, of judging only where it is known; None where nothing is known.
        """
        if self.judged_since is not None:
            left = _left(self._first_class, self._judged, self._to_judge, now)
            known = None if self._judging is None else max(0.0, self.judged_since + self._judging - now)
            return known if left is None else left
        if told.stage != SEARCHING:
            return None
        left = _left(self._first_step, told.done, told.total, now)
        return None if left is None else left + (self._judging or 0.0)


def _left(first: Seen | None, done: float, total: float, now: float) -> float | None:
    """Seconds until all is done, at the speed since what was seen first; None where nothing was done since."""
    if first is None or done <= first[0]:
        return None
    return (now - first[1]) / (done - first[0]) * (total - done)
