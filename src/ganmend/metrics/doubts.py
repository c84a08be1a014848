"""Reasons to doubt a verdict, each in one sentence, so that nobody takes a figure for more than it is."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from ganmend.metrics.figures import format_figure, headlines, is_better, label
from ganmend.metrics.intervals import Interval
from ganmend.metrics.memorisation import Memorisation
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, Yardsticks

NO_CHANGES: Mapping[str, Interval] = MappingProxyType({})
FEW = 100  # of fewer samples or real images, figures say little: an accuracy's interval is up to 20 points wide
LOW_RECALL, HIGH_COVERAGE = 0.1, 0.9
WELL_RECOGNISED = 0.5
OFF_MANIFOLD = 0.5  # of a healthy class's precision
KIN = "are kin: one family of networks, trained on the same photographs, so that what fools the one may fool the other"
LARGEST_GAP = 0.25  # of accuracies: an edit found against one classifier alone is up to 60 points better to it


def doubts_on(
    after: Verdict,
    *,
    before: Verdict | None = None,
    changes: Mapping[str, Interval] = NO_CHANGES,
    yardsticks: Yardsticks = NO_YARDSTICKS,
    trials: int = 1,
    judge_guided: bool = False,
    others: Sequence[tuple[str, Verdict]] = (),
    others_guided: Sequence[str] = (),
    relatives: Sequence[str] = (),
    memorisation: Memorisation | None = None,
) -> tuple[str, ...]:
    """What a reader should know before believing a verdict.

    Args:
        after: the verdict.
        before: of the row that an edit is compared with, or None.
        changes: lower and upper end of what each figure changed by since.
        yardsticks: what the figures can be compared with.
        trials: searches of which the best is judged.
        judge_guided: whether the judge is the network that guided the search.
        others: what further judges say of the same samples, by their names.
        others_guided: names of those that are the network that guided the search.
        relatives: names of judges of the same family as that network, which saw the same photographs.
        memorisation: of the samples, or None where nobody looked.

    Returns:
        Sentences, the gravest first; () where there is nothing to say.
    """
    guided = ["The judge"] * judge_guided + [f"The judge {name}" for name in others_guided]
    found = [f"{name} is the classifier that guided the search, so its verdict says nothing." for name in guided]
    found += [f"The judge {name} and the classifier that guided the search {KIN}." for name in relatives]
    found += [*_about_the_gap(after, others), *_about_the_judge(yardsticks), *_about_figures(before, after, changes)]
    found += _off_manifold(after, yardsticks.healthy)
    if memorisation is not None and memorisation.suspected:
        found.append(
            f"{memorisation.near_samples:.1%} of the samples lie much nearer to one real image than to any other, and "
            f"{memorisation.near_real:.1%} of the real images do: some may be copies (a warning, no proof)."
        )
    if after.n < FEW:
        found.append(f"Only {after.n} samples were judged; of fewer than {FEW} the figures say little.")
    if after.n_real is not None and after.n_real < FEW:
        found.append(
            f"Only {after.n_real} real images were there to compare with; with fewer than {FEW} FID, KID and coverage "
            "say little."
        )
    if after.fid_bias:
        found.append(f"{after.fid_bias}.")
    if trials > 1:
        found.append(f"The best of {trials} tries is shown, chosen by the search's own classifier.")
    return tuple(found)


def _about_the_gap(after: Verdict, others: Sequence[tuple[str, Verdict]]) -> Iterator[str]:
    """Szegedy et al. 2014: an adversarial example is one network's own, and moves to others in part only."""
    guide, judges = after.search_accuracy, [("the judge", after), *others]
    if guide is None:
        return
    known = [(name, verdict.judge_accuracy) for name, verdict in judges if verdict.judge_accuracy is not None]
    behind = [f"{name} {accuracy:.0%}" for name, accuracy in known if guide - accuracy > LARGEST_GAP]
    if behind:
        yield (
            f"Possibly adversarial: the search's own classifier takes {guide:.0%} of the samples for the class, "
            f"{' and '.join(behind)}, so the edit may please that one network rather than show the class."
        )


def _about_the_judge(yardsticks: Yardsticks) -> Iterator[str]:
    real = None if yardsticks.real is None else yardsticks.real.judge_accuracy
    if real is not None and real < WELL_RECOGNISED:
        yield (
            f"The judge takes {1 - real:.0%} of the real images for another class: it does not know the class well, or "
            "the images show something else."
        )


def _off_manifold(after: Verdict, healthy: Verdict | None) -> Iterator[str]:
    usual = None if healthy is None else healthy.precision
    if after.precision is not None and usual is not None and after.precision < OFF_MANIFOLD * usual:
        yield (
            f"Only {after.precision:.0%} of the samples lie among the real images, of a healthy class {usual:.0%}: the "
            "others show what no real image shows."
        )


def _about_figures(before: Verdict | None, after: Verdict, changes: Mapping[str, Interval]) -> Iterator[str]:
    if before is not None:
        worse = [
            f"{label(key)} {format_figure(getattr(before, key))} -> {format_figure(getattr(after, key))}"
            for key in headlines(before.as_dict(), after.as_dict())
            if is_better(key, changes.get(key)) is False
        ]
        if worse:
            yield f"Worse than before: {', '.join(worse)}."
    recall, coverage = after.recall, after.coverage
    if recall is not None and coverage is not None and recall < LOW_RECALL and coverage > HIGH_COVERAGE:
        yield (
            f"Recall is {format_figure(recall)} while coverage is {format_figure(coverage)}: samples lie near the real "
            "images but do not spread as they do."
        )
