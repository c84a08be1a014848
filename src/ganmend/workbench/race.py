"""Classes diagnosed by few samples: each drawn until its mark is settled, and the worst told from the others."""

from collections.abc import Mapping, Sequence
from statistics import median

from ganmend.progress import OnProgress, Progress
from ganmend.workbench.drawn_in_rounds import JudgedInRounds
from ganmend.workbench.judged_classes import JudgedClasses
from ganmend.workbench.marks import ClassDiagnosis, Medians, marked_by
from ganmend.workbench.settling import Estimate, contested, lack_bounds, looks, mark_is_settled


def diagnose_in_rounds(
    judged: JudgedClasses, rows: Sequence[int], compared: Sequence[int], worst: int, on_progress: OnProgress
) -> list[ClassDiagnosis]:
    """Draw each class until its mark is settled.

    The compared classes are drawn in full first, so that the medians are known, of coverage after each look: coverage
    grows with the samples, and a class of few is compared with others of as few.

    Args:
        judged: the classes.
        rows: that are diagnosed.
        compared: whose medians count.
        worst: so many of the sickest classes are told from the others; 0 asks for no order.
        on_progress: called after each class, stages 'comparing', 'diagnosing' and 'ordering'.

    Returns:
        The diagnoses, in the order of the rows.
    """
    found: dict[int, JudgedInRounds] = {}
    for done, row in enumerate(compared, 1):
        found[row] = judged.in_rounds(row, lambda seen: False)
        on_progress(Progress("comparing", done, len(compared)))
    medians = medians_at_looks([found[row] for row in compared])
    for done, row in enumerate(rows, 1):
        if row not in found:
            found[row] = judged.in_rounds(row, lambda seen: mark_is_settled(_bounds(seen, medians)))
        on_progress(Progress("diagnosing", done, len(rows)))

    asked = {row: found[row] for row in rows}
    if worst:
        _tell_worst_apart(judged, asked, medians, worst, on_progress)
    return _diagnoses(judged, asked, medians)


def medians_at_looks(compared: Sequence[JudgedInRounds]) -> dict[int, Medians]:
    """The medians that a class is held against, by how many samples it has.

    Args:
        compared: classes with all samples.

    Returns:
        By the samples of each look. The diversity is that of all samples, since its mean does not depend on how many
        there are.
    """
    diversity = median(one.estimates[-1].diversity for one in compared)
    found = {}
    for at_once in zip(*(one.estimates for one in compared), strict=True):
        coverages = [seen.coverage for seen in at_once if seen.coverage is not None]
        found[at_once[0].n] = Medians(diversity, median(coverages) if coverages else 0.0)
    return found


def _diagnoses(
    judged: JudgedClasses, found: Mapping[int, JudgedInRounds], medians: Mapping[int, Medians]
) -> list[ClassDiagnosis]:
    return [marked_by(row, judged.names[row], one.verdict, medians[one.verdict.n]) for row, one in found.items()]


def _bounds(seen: Estimate, medians: Mapping[int, Medians]) -> dict[str, tuple[float, float]]:
    return lack_bounds(seen, medians[seen.n], len(medians))


def _severity(seen: Estimate, medians: Mapping[int, Medians]) -> tuple[float, float]:
    """Between what and what the severity lies."""
    lows, highs = zip(*_bounds(seen, medians).values(), strict=True)
    return max(lows), max(highs)


def _tell_worst_apart(
    judged: JudgedClasses,
    found: dict[int, JudgedInRounds],
    medians: Mapping[int, Medians],
    worst: int,
    on_progress: OnProgress,
) -> None:
    """Draw on those marked classes that may be on the wrong side of the border, until none is left."""
    done = 0
    while drawn_on := _open(judged, found, medians, worst):
        total = done + len(drawn_on)
        for row in drawn_on:
            more = next(size for size in looks(judged.n) if size > found[row].verdict.n)
            found[row] = judged.in_rounds(row, lambda seen: True, more)
            done += 1
            on_progress(Progress("ordering", done, total))


def _open(
    judged: JudgedClasses, found: Mapping[int, JudgedInRounds], medians: Mapping[int, Medians], worst: int
) -> list[int]:
    """Classes whose place is not settled and that have samples left."""
    marked = [entry for entry in _diagnoses(judged, found, medians) if entry.mark]
    marked.sort(key=lambda entry: -entry.severity)
    severities = {entry.index: _severity(found[entry.index].estimates[-1], medians) for entry in marked}
    return [row for row in sorted(contested(severities, worst)) if found[row].verdict.n < judged.n]
