"""What came of a file, and of many."""

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`failure` says what ought not to be; `peak` is the memory (bytes) and `seconds` the time that reading took."""

    index: int
    format: str
    change: str
    size: int
    read: bool = False
    message: str = ""
    failure: str = ""
    peak: int = 0
    seconds: float = 0


def table(found: list[Outcome]) -> str:
    """One row a format; memory is what reading took at most, beside that file's size; time is the processor's."""
    rows = defaultdict(list)
    for outcome in found:
        rows[outcome.format].append(outcome)
    rows["all"] = found
    lines = ["| format | files | read | refused | failed | most memory, MB | of a file of, MB | slowest, s |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for format, some in rows.items():
        largest, slowest = max(some, key=lambda one: one.peak), max(one.seconds for one in some)
        counts = (len(some), *(sum(one.failure == "" and one.read is read for one in some) for read in (True, False)),
                  sum(one.failure != "" for one in some))  # fmt: skip
        sizes = f"{largest.peak / 1e6:.2f} | {largest.size / 1e6:.2f} | {slowest:.2f}"
        lines.append(f"| {format} | {' | '.join(map(str, counts))} | {sizes} |")
    return "\n".join(lines)
