"""What a sweep gained, as rows of plain values: for a table, a page, other programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from ganmend.metrics.figures import headlines
from ganmend.runs.sweeps.sweep import SweptClass

MENDED, HEALTHY, FAILED = "mended", "healthy", "failed"  # what became of a class
Row = dict[str, object]


def rows_of(classes: Sequence[SweptClass]) -> list[Row]:
    """A row a class, that which gained most first; then those that were healthy, then those that failed.

    Args:
        classes: of a sweep.

    Returns:
        Plain values: 'class', 'index', 'mark', 'task', 'status', 'outcome', 'gain' (see `gain`), 'before' and 'after'
        (the headline figures), 'seconds', 'folder', 'harm', 'reason' (why it failed).
    """
    return sorted(map(_row, classes), key=_order)


def gain(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """What a class gained, as one number to sort by: the share of its FID that is gone, where it has one; else how much
    more often its samples are taken for the class.

    Args:
        before: figures by name.
        after: likewise.

    Returns:
        At most 1; 0 for no change, below 0 for a loss.
    """
    fids = before.get("fid"), after.get("fid")
    if None not in fids and fids[0]:
        return float(1 - fids[1] / fids[0])
    return float((after.get("judge_accuracy") or 0) - (before.get("judge_accuracy") or 0))


def as_csv(rows: Sequence[Row]) -> str:
    """The rows for a spreadsheet: figures in two columns each, sentences in one.

    Args:
        rows: of a sweep.

    Returns:
        Text with a line of headings.
    """
    keys = list(dict.fromkeys(key for row in rows for key in _figures(row, "after")))
    columns = ["class", "index", "mark", "task", "status", "outcome", "gain"]
    columns += [f"{key} {which}" for key in keys for which in ("before", "after")] + ["seconds", "folder", "reason"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        figures = {f"{key} {which}": _figures(row, which).get(key) for key in keys for which in ("before", "after")}
        writer.writerow({**row, **figures})
    return text.getvalue()


def _figures(row: Row, which: str) -> Mapping[str, Any]:
    figures: Any = row.get(which)
    return figures or {}


def _row(one: SweptClass) -> Row:
    answer: Any = one.answer or {}
    before, after = answer.get("before") or {}, answer.get("after") or {}
    keys = headlines(before, after)
    return {
        "class": one.name,
        "index": one.row,
        "mark": one.mark,
        "task": one.task,
        "status": FAILED if one.failed else MENDED if one.task else HEALTHY,
        "outcome": answer.get("outcome", ""),
        "gain": gain(before, after) if after else None,
        "before": {key: before.get(key) for key in keys if after},
        "after": {key: after.get(key) for key in keys if after},
        "seconds": one.seconds,
        "folder": one.folder if one.answer is not None else "",
        "harm": list(answer.get("harm", [])),
        "reason": one.failed,
    }


def _order(row: Row) -> tuple[int, float]:
    gained: Any = row["gain"]
    place = {MENDED: 0, HEALTHY: 1, FAILED: 2}[str(row["status"])]
    return place, -gained if gained is not None else 0.0
