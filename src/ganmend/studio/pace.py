"""How long a job still takes, by how long its steps took until now."""

from ganmend.progress import Progress

SEARCHING, JUDGING = "searching", "judging"


class Pace:
    """What this process has seen of a job's search and of its judging.

    Attributes:
        judged_since: when judging began; None before.

    Args:
        judging: seconds that judging takes, as earlier jobs showed; None where there was none.
    """

    judged_since: float | None

    def __init__(self, judging: float | None) -> None:
        self._judging, self.judged_since = judging, None
        self._first: tuple[int, float] | None = None  # the first step that was seen, and when it was done

    @property
    def has_begun(self) -> bool:
        """Whether the search or judging was seen."""
        return self._first is not None or self.judged_since is not None

    def see(self, told: Progress, now: float) -> None:
        """Note when something was done.

        Args:
            told: of a stage.
            now: in seconds since any moment.
        """
        if told.stage == SEARCHING and self._first is None:
            self._first = told.done, now
        if told.stage == JUDGING and self.judged_since is None:
            self.judged_since = now

    def seconds_left(self, told: Progress, now: float) -> float | None:
        """How long the search and judging still take; a search that stops early takes less.

        Args:
            told: the last of what was told.
            now: see `see`.

        Returns:
            Seconds, of judging only where it is known; None where nothing is known.
        """
        if self.judged_since is not None:
            return None if self._judging is None else max(0.0, self.judged_since + self._judging - now)
        if told.stage != SEARCHING or self._first is None or told.done <= self._first[0]:
            return None
        first, since = self._first
        return (now - since) / (told.done - first) * (told.total - told.done) + (self._judging or 0.0)
