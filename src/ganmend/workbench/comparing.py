"""The verdict on a result: the judges see samples before and after."""

from collections.abc import Sequence

from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.comparison import Comparison, paired_differences
from ganmend.metrics.doubts import doubts_on
from ganmend.metrics.judging import SEED, ClassJudge, judge_by_all
from ganmend.metrics.shares import AttributeShares
from ganmend.metrics.verdict import Verdict
from ganmend.progress import OnProgress
from ganmend.targets.classifier import weights_of
from ganmend.workbench.copies import Originals, look_for_copies
from ganmend.workbench.job import Job
from ganmend.workbench.result import MendResult
from ganmend.workbench.yardsticks import yardsticks_for


def compare(
    job: Job, result: MendResult, samples: int, on_progress: OnProgress, kept: Kept = NOTHING_KEPT
) -> Comparison:
    """The judges' verdicts on before and after, beside what they can be compared with."""
    assert result.before is not None
    guide = ClassJudge(job.classifier, job.index)
    befores, afters = (
        judge_by_all(
            job.generator,
            edit,
            job.judges,
            guide=guide,
            counter=job.counter,
            n=samples,
            on_progress=on_progress,
            kept=kept,
            name=f"judging {edit.digest()}",
        )
        for edit in (result.before, result.after)
    )
    first, names = job.judges[0], [asked.judge.name for asked in job.judges]
    pairs = zip(befores, afters, names, strict=True)
    _, *others = (Comparison(before, after, name) for before, after, name in pairs)
    originals = Originals(job.photographs, job.to_match, first.reference)
    copies = look_for_copies(
        job.generator, result.after, samples, originals, job.classifier, first.judge, on_progress, kept
    )
    yardsticks = yardsticks_for(job.healthy, first.reference, job.target, samples, SEED, on_progress, kept)
    changes = paired_differences(befores[0], afters[0])
    doubts = doubts_on(
        afters[0],
        before=befores[0],
        changes=changes,
        yardsticks=yardsticks,
        trials=result.config.trials,
        judge_guided=first.judge.is_same_network_as(job.classifier),
        others=[(other.judge, other.after) for other in others],
        others_guided=[one.judge.name for one in job.judges[1:] if one.judge.is_same_network_as(job.classifier)],
        relatives=[one.judge.name for one in job.judges if one.judge.is_relative_of(job.classifier)],
        memorisation=copies.memorisation,
    )
    shares = counted_shares(job, befores[0], afters[0])
    if shares is not None:
        doubts += shares.doubts()
    result.nearest = copies.picture
    return Comparison(
        befores[0], afters[0], names[0], yardsticks, doubts, changes, tuple(others), copies.memorisation, shares
    )


def counted_shares(job: Job, before: Verdict, after: Verdict) -> AttributeShares | None:
    """How often samples show each attribute, beside the wished shares; None where none were wished for."""
    counter = job.counter
    if counter is None or job.wished is None or before.counts is None or after.counts is None:
        return None
    wished, by = job.wished.shares, counter.classifier.name
    return AttributeShares(counter.names, wished, before.counts, after.counts, by, counter.accuracy, counter.guided)


def same_network(fingerprint: str, judges: Sequence[ClassJudge]) -> list[str]:
    """Names of the judges that are the network of a fingerprint, however its images are prepared."""
    return [asked.judge.name for asked in judges if asked.judge.weights == weights_of(fingerprint)]
