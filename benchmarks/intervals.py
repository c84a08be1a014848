"""How often a verdict's intervals are right.

    python benchmarks/intervals.py nothing         # edits of nothing: the same row, other seeds
    python benchmarks/intervals.py coverage        # do intervals hold what they should?

The first judges rows of the bundled generator against themselves, drawn with other seeds, and counts what is called a
change; that should be at most one in twenty. The second draws samples and real images again and again from normal
distributions, and counts how often an interval holds the mean of its figure over all repetitions, and how often the
interval of a change holds the mean change. That should be 95 % or more.
"""

import argparse
from collections import Counter

import torch
from torch import Tensor

from ganmend.catalog.names import find_class
from ganmend.edits.class_edit import class_row
from ganmend.metrics.comparison import Comparison, paired_differences
from ganmend.metrics.figures import FIGURES
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.statistics import class_reference
from ganmend.metrics.verdict import Verdict, verdict_on
from ganmend.workbench.workbench import Workbench

WIDTH, CLASSES, TARGET = 16, 10, 3  # of the normal features, and of a judge's answers that follow from them


def main() -> None:
    """Print what is counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["nothing", "coverage"])
    parser.add_argument("--classes", nargs="+", default=["cat", "frog", "automobile"])
    parser.add_argument("-n", type=int, default=300, help="samples a verdict")
    parser.add_argument("--real", type=int, default=300, help="real images, of normal features")
    parser.add_argument("--repetitions", type=int, default=60, help="of each class")
    options = parser.parse_args()
    if options.what == "nothing":
        for name in options.classes:
            report_nothing(name, options.n, options.repetitions)
    else:
        report_coverage(options.n, options.real, options.repetitions)


def report_nothing(name: str, n: int, repetitions: int) -> None:
    """Count the outcomes of edits of nothing, and the figures that were called better or worse."""
    bench = Workbench("demo")
    generator, judge = bench.generator, bench.judge
    assert judge is not None
    target = find_class(name, judge.class_names)
    reference = bench.real.references(judge)(name)
    row = class_row(generator, find_class(name, generator.class_names))
    seeds = iter(range(10_000, 10_000 + 2 * repetitions))
    outcomes, called = Counter[str](), Counter[str]()
    for _ in range(repetitions):
        before, after = (judge_edit(generator, row, judge, target, reference, n=n, seed=next(seeds)) for _ in range(2))
        found = Comparison(before, after, judge.name, changes=paired_differences(before, after))
        outcomes[found.outcome] += 1
        called.update(key for key in found.changes if found.is_better(key) is not None)
    print(
        f"{name}, {n} samples, {repetitions} edits of nothing: {dict(outcomes)}; figures called: {dict(called)}",
        flush=True,
    )


def report_coverage(n: int, m: int, repetitions: int) -> None:
    """Count the intervals that hold the mean of their figure, or of its change, over all repetitions."""
    pairs = [drawn_pair(n, m, run) for run in range(repetitions)]
    changes = [paired_differences(before, after) for before, after in pairs]
    print(
        "| figure | before | after | change | mean after | interval reaches | would do |\n"
        "| --- | --- | --- | --- | --- | --- | --- |"
    )
    for key in (key for key in FIGURES if key in changes[0]):
        values = torch.tensor([[getattr(verdict, key) for verdict in pair] for pair in pairs], dtype=torch.float64)
        means = values.mean(0)
        held = [share(mean, [pair[side].interval(key) for pair in pairs]) for side, mean in enumerate(means)]
        moved = share(means[1] - means[0], [change[key] for change in changes])
        reach = sum((ends[1] - ends[0]) / 2 for pair in pairs if (ends := pair[1].interval(key))) / repetitions
        needed = 1.96 * values[:, 1].std()
        print(f"| {key} | {held[0]:.2f} | {held[1]:.2f} | {moved:.2f} | {means[1]:.3g} | {reach:.2g} | {needed:.2g} |")


def drawn_pair(n: int, m: int, run: int) -> tuple[Verdict, Verdict]:
    """Verdicts on two edits: the one shifted and narrow, the other nearly as the real images are."""
    generator = torch.Generator().manual_seed(run)
    spread = torch.arange(1, WIDTH + 1) ** -0.5  # standard deviations that fall, as those of real features do
    real, latents = (torch.randn(count, WIDTH, generator=generator) for count in (m, n))
    reference = class_reference(torch.zeros(m, CLASSES), real * spread, None)
    before, after = (latents * 0.6 + 0.4) * spread, (latents * 0.9 + 0.1) * spread
    return verdict(before, reference), verdict(after, reference)


def verdict(features: Tensor, reference) -> Verdict:
    """Of a judge whose logits are the first features."""
    return verdict_on(torch.zeros(2, 3, 12, 12), features[:, :CLASSES] * 2, features, TARGET, reference)


def share(value: Tensor, intervals: list) -> float:
    """Of intervals that hold the value."""
    return sum(low <= value <= high for low, high in intervals) / len(intervals)


if __name__ == "__main__":
    main()
