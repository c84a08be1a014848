"""Classes diagnosed by few samples: each drawn until its mark is settled, and the worst told from the others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from ganmend.progress import OnProgress, Progress
from ganmend.workbench.drawn_in_rounds import JudgedInRounds
from ganmend.workbench.judged_classes import JudgedClasses
from ganmend.workbench.marks import ClassDiagnosis, Medians, marked_by
from ganmend.workbench.settling import Estimate, contested, lack_bounds, looks, mark_is_settled

PILOT = 40  # samples of a compared class without real images: the median of some needs no more


def diagnose_in_rounds(
    judged: JudgedClasses, rows: Sequence[int], compared: Sequence[int], worst: int, on_progress: OnProgress
) -> list[ClassDiagnosis]:
    """Draw each class until its mark is settled.

    The compared classes are drawn first, which gives the medians after each look. Coverage grows with the samples, and
    all classes have the same latents: so a class of few samples is held against others of as few. In the end the median
    diversity is that of all classes that were drawn.

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
        found[row] = judged.in_rounds(row, lambda seen: seen.coverage is None and seen.n >= PILOT)
        on_progress(Progress("comparing", done, len(compared)))
    pilot = medians_at_looks([found[row] for row in compared], looks(judged.n))
    for done, row in enumerate(rows, 1):
        if row not in found:
            found[row] = judged.in_rounds(row, lambda seen: mark_is_settled(_bounds(seen, pilot)))
        on_progress(Progress("diagnosing", done, len(rows)))
    # All classes have a first look, which tells how far the compared ones are like all.
    share = _first_diversity(found.values()) / _first_diversity(found[row] for row in compared)
    medians = {size: replace(those, diversity=share * those.diversity) for size, those in pilot.items()}
    asked = {row: found[row] for row in rows}
    _draw_on(judged, asked, lambda: _unsettled(asked, medians), on_progress)
    if worst:

        def at_the_border() -> set[int]:
            return _at_the_border(_diagnoses(judged, asked, medians), asked, medians, worst)

        _draw_on(judged, asked, at_the_border, on_progress)
    return _diagnoses(judged, asked, medians)


def medians_at_looks(compared: Sequence[JudgedInRounds], sizes: Sequence[int]) -> dict[int, Medians]:
    """The medians that a class is held against, by how many samples it has.

    Args:
        compared: classes; those with real images have all samples, the others at least those of the first look.
        sizes: samples at the looks.

    Returns:
        By the samples of each look; the diversity after the last one where no class has so many.
    """
    found, diversity = {}, 0.0
    for place, size in enumerate(sizes):
        seen = [one.estimates[place] for one in compared if len(one.estimates) > place]
        coverages = [estimate.coverage for estimate in seen if estimate.coverage is not None]
        diversity = median(estimate.diversity for estimate in seen) if seen else diversity
        found[size] = Medians(diversity, median(coverages) if coverages else 0.0)
    return found


def _first_diversity(classes: Iterable[JudgedInRounds]) -> float:
    """The median diversity after the first look; 1 where all are collapsed to one picture."""
    return median(one.estimates[0].diversity for one in classes) or 1.0


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


def _draw_on(
    judged: JudgedClasses,
    found: dict[int, JudgedInRounds],
    wanted: Callable[[], Iterable[int]],
    on_progress: OnProgress,
) -> None:
    """Draw those classes to their next look that are wanted, again and again, until none has samples left."""
    done = 0
    while rows := [row for row in sorted(wanted()) if found[row].verdict.n < judged.n]:
        total = done + len(rows)
        for row in rows:
            more = next(size for size in looks(judged.n) if size > found[row].verdict.n)
            found[row] = judged.in_rounds(row, lambda seen: True, more)
            done += 1
            on_progress(Progress("ordering", done, total))


def _unsettled(found: Mapping[int, JudgedInRounds], medians: Mapping[int, Medians]) -> list[int]:
    """Classes whose mark is not settled."""
    return [row for row, one in found.items() if not mark_is_settled(_bounds(one.estimates[-1], medians))]


def _at_the_border(
    diagnoses: Sequence[ClassDiagnosis],
    found: Mapping[int, JudgedInRounds],
    medians: Mapping[int, Medians],
    worst: int,
) -> set[int]:
    """Marked classes of which it is not settled whether they are among the worst."""
    marked = sorted((entry for entry in diagnoses if entry.mark), key=lambda entry: -entry.severity)
    return contested({entry.index: _severity(found[entry.index].estimates[-1], medians) for entry in marked}, worst)
