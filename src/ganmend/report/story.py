"""What was asked, what was done and whether it worked, in sentences for a reader who knows nothing of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.figures import format_figure, format_interval, headlines, label
from ganmend.metrics.shares import AttributeShares

# What each task is for.
ASKED: Mapping[str, str] = MappingProxyType(
    {
        "repair": "Better samples of the class {target}, which the generator is thought to draw badly.",
        "repurpose": "Samples of a class that the generator never learnt: {target}.",
        "debias": "More varied samples: the generator is thought to draw only part of the class {target}.",
    }
)

# By a comparison's outcome: in a headline, and the mark that it gets.
HEADLINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "better": ("Better than before", "better"),
        "worse": ("Worse than before", "worse"),
        "better in part, worse in part": ("Better in part, worse in part", "mixed"),
        "no change shown": ("No change shown", ""),
    }
)


@dataclass(frozen=True)
class Deed:
    """What was done to one class.

    Attributes:
        task: 'repair', 'repurpose' or 'debias'.
        target: the class's name.
        before: name of the row that the edit is compared with.
        classifier: name of the one that guided the search.
        seconds: that the search took.
        verdict: of a judge, or None.
        interrupted: whether the search was ended before its time.
        harm: why it is no success, by the search's own classifier; () where nothing speaks against it.
        notes: how well the target was known, in sentences.
    """

    task: str
    target: str
    before: str
    classifier: str
    seconds: float
    verdict: Comparison | None
    interrupted: bool = False
    harm: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """What a reader wants to know first, in sentences.

    Attributes:
        headline: whether it worked and who says so, in one line without an end.
        mark: 'better', 'worse', 'mixed', or '' where neither is known.
        asked: the wish.
        done: what was done about it.
        outcome: what came of it, by whom.
        doubtful: what speaks against that; () where nothing is known to.
    """

    headline: str
    mark: str
    asked: tuple[str, ...]
    done: tuple[str, ...]
    outcome: tuple[str, ...]
    doubtful: tuple[str, ...] = ()

    def parts(self) -> dict[str, tuple[str, ...]]:
        """The sentences under the headings that a page gives them."""
        doubtful = self.doubtful or ("Nothing that is known.",)
        return {"Asked": self.asked, "Done": self.done, "Outcome": self.outcome, "Doubtful": doubtful}


def story(deed: Deed) -> Story:
    """Tell it: the wish, the search, the judge, the outcome, and what is doubtful.

    Args:
        deed: what was done.

    Returns:
        The story.
    """
    verdict = deed.verdict
    judged = ("Nobody judged the result.",) if verdict is None else tuple(_judged(verdict))
    others = () if verdict is None else tuple(_said_by(other) for other in verdict.others)
    headline, mark = _headline(deed)
    return Story(
        headline,
        mark,
        asked=(ASKED[deed.task].format(target=deed.target),),
        done=tuple(_done(deed)),
        outcome=judged + others,
        doubtful=deed.harm + (() if verdict is None else verdict.doubts),
    )


def _headline(deed: Deed) -> tuple[str, str]:
    """Whether it worked and who says so, and the mark of that."""
    if deed.harm:
        return "No success; the reasons stand under Doubtful", "worse"
    if deed.verdict is None:
        return "Interrupted, and judged by nobody" if deed.interrupted else "Judged by nobody", ""
    if not deed.verdict.outcome:
        return f"Judged by {deed.verdict.judge}; whether it changed by more than chance is not known", ""
    said, mark = HEADLINES[deed.verdict.outcome]
    return f"{said}, says the judge {deed.verdict.judge}", mark


def _done(deed: Deed) -> Iterator[str]:
    yield "A search changed the class embedding, or the gains and biases that the generator makes from it."
    yield f"The classifier {deed.classifier} guided the search, which took {deed.seconds:.0f} seconds."
    yield "No other weight of the generator was changed."
    yield from deed.notes
    if deed.interrupted:
        yield "It was interrupted; this is the best that it had found."
    if deed.before != deed.target:
        yield f"Before, for comparison, stands the class {deed.before}, which comes nearest to {deed.target}."


def no_success(harm: Sequence[str]) -> str:
    """The first line of a result that is none.

    Args:
        harm: the reasons, in sentences.

    Returns:
        One line.
    """
    return f"No success: {' '.join(harm)}"


def _said_by(other: Comparison) -> str:
    changes = _changes(other, headlines(other.before.as_dict(), other.after.as_dict()))
    return f"Another judge says: {changes} (by {other.judge}, {other.after.n} samples)."


def _judged(verdict: Comparison) -> list[str]:
    after = verdict.after
    against = "" if after.n_real is None else f", and compared them with {after.n_real} real images"
    told = [f"The judge {verdict.judge} looked at {verdict.before.n} samples before and {after.n} after{against}."]
    told += [] if verdict.shares is None else [shares_in_words(verdict.shares)]
    if not verdict.outcome:
        changes = _changes(verdict, headlines(verdict.before.as_dict(), after.as_dict()))
        return [*told, f"Before and after: {changes}. Whether this is more than chance is not known."]
    told.append(f"Taken together: {verdict.outcome}.")
    for better, heading in ((True, "Better than before"), (False, "Worse than before"), (None, "No change shown")):
        keys = [key for key in verdict.headlines() if verdict.is_better(key) is better]
        if keys:
            told.append(f"{heading}: {_changes(verdict, keys)}.")
    return told


def shares_in_words(shares: AttributeShares) -> str:
    """Shares of attributes before and after beside the wished ones, in one sentence.

    Args:
        shares: as they were counted.

    Returns:
        Such as 'Of 1000 samples each, before → after, demo:judge counted: red 0.98 → 0.2 (0.18 to 0.23), wished 0.22.'
    """
    said = [
        f"{name} {format_figure(before)} → {format_figure(after)} ({format_interval(ends)}), wished {wish:.3g}"
        for name, wish, (before, _), (after, ends) in shares.rows()
    ]
    return f"Of {shares.after.n} samples each, before → after, {shares.counted_by} counted: {'; '.join(said)}."


def _changes(verdict: Comparison, keys: Sequence[str]) -> str:
    """Figures before and after, such as 'FID 60 → 20, coverage 0.5 → 0.8'."""
    ends = {key: [format_figure(getattr(one, key)) for one in (verdict.before, verdict.after)] for key in keys}
    return ", ".join(f"{label(key)} {' → '.join(pair)}" for key, pair in ends.items())
