"""How far a sweep is, on standard error: a live table, or a line now and then where that is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich import box
from rich.live import Live
from rich.table import Table

from ganmend.cli.console import complain, stderr

if TYPE_CHECKING:
    from ganmend.runs.items.driver import Tally, Watch

LINE_EVERY = 10.0  # seconds between two lines
COLUMNS = ("", "done", "running", "failed", "a minute", "time left")


@contextmanager
def live_table() -> "Iterator[Watch]":
    """Show how far each stage is.

    Yields:
        What is called with a tally after whatever happens.
    """
    console, view = stderr(), _View()
    if not console.is_terminal:
        yield view.tell
        return
    with Live(get_renderable=view.table, console=console, refresh_per_second=1, transient=True):
        yield view.take


def _loading() -> "Tally":
    from ganmend.runs.items.driver import Tally

    return Tally("loading", 0)


@dataclass
class _View:
    """The latest tally, and since when its stage has run here."""

    tally: "Tally" = field(default_factory=_loading)
    began: float = 0.0
    told: float = -LINE_EVERY

    def take(self, tally: "Tally") -> None:
        """Note a tally."""
        if tally is not self.tally:
            self.tally, self.began = tally, time.monotonic()

    def tell(self, tally: "Tally") -> None:
        """Note a tally, and print a line where the last one is some time ago."""
        self.take(tally)
        if time.monotonic() - self.told >= LINE_EVERY:
            self.told = time.monotonic()
            name, *cells = self.cells()
            complain(", ".join([name, *(f"{label} {cell}" for label, cell in zip(COLUMNS[1:], cells, strict=True))]))

    def table(self) -> Table:
        """The table, as it is now."""
        table = Table(*COLUMNS, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        table.add_row(*self.cells())
        return table

    def cells(self) -> tuple[str, ...]:
        """The cells of COLUMNS; the rate is this process's, and the time left what the rest takes at it."""
        tally, seconds = self.tally, time.monotonic() - self.began
        here = tally.done - tally.before + len(tally.failed)
        left = tally.total - tally.done - len(tally.failed)
        rate = here / seconds if here and seconds > 0 else 0.0
        return (
            tally.stage,
            f"{tally.done} of {tally.total}",
            str(tally.running),
            str(len(tally.failed)),
            f"{60 * rate:.3g}" if rate else "–",
            in_words(left / rate) if rate else "–",
        )


def in_words(seconds: float) -> str:
    """A span of time as people say it: '40 s', '12 min', '5 h 20 min', '3 d 4 h'."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"
