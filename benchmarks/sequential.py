"""How many images a diagnosis of many classes saves by drawing each only until it is settled, and what that costs.

    python benchmarks/sequential.py simulate
    python benchmarks/sequential.py real --rows 250

`simulate` makes up 1,000 classes: samples are hits with the class's own probability, and features of the bundled
judge on samples of the bundled generator, drawn closer together by the class's own factor. Nine classes in ten are
healthy (accuracies spread as those measured on the bundled generator's healthy classes, diversities by 15 %), the rest
collapsed or off their class to all degrees.

`real` draws images: rows of the bundled generator's class table mixed with the row of another class, from not at all to
whole, and the bundled judge.

Each is done with all samples, with all samples of another seed, and in rounds, with several seeds. The second says how
far the first is to be trusted.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import mean, stdev

import torch
from torch import Tensor

from ganmend.edits.class_edit import class_row
from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.judging import draw_and_observe
from ganmend.metrics.verdict import verdict_on_features
from ganmend.progress import ignore
from ganmend.workbench.diagnosis import COMPARED, SAMPLES, spread_evenly
from ganmend.workbench.drawn_in_rounds import JudgedInRounds, estimate_of
from ganmend.workbench.marks import ClassDiagnosis, marked_by, medians_of
from ganmend.workbench.race import diagnose_in_rounds
from ganmend.workbench.settling import Estimate, looks
from ganmend.workbench.workbench import Workbench

HEALTHY, SPREAD = 0.9, 0.15  # the share of healthy classes, and how their diversities spread


class Simulated:
    """Made-up classes that are judged as a generator's are, see `JudgedClasses`."""

    def __init__(self, accuracies: Tensor, factors: Tensor, features: Tensor, seed: int) -> None:
        """Take accuracies (classes,), factors of the diversity (classes,), and features (bases, samples, F)."""
        self.accuracies, self.factors, self.features, self.seed, self.n = accuracies, factors, features, seed, SAMPLES
        self.names = tuple(f"class {row}" for row in range(len(accuracies)))
        self.drawn = 0

    def in_rounds(self, row: int, settled: Callable[[Estimate], bool], least: int = 0) -> JudgedInRounds:
        """Draw a class until it is settled."""
        numbers = torch.Generator().manual_seed(self.seed * 1_000_003 + row)
        base = self.features[row % len(self.features)]
        chosen = base[torch.randint(len(base), (self.n,), generator=numbers)]
        features = base.mean(0) + self.factors[row] * (chosen - base.mean(0))
        hits = torch.rand(self.n, generator=numbers) < self.accuracies[row]
        logits = torch.stack([hits.float(), 0.5 * torch.ones(self.n)], 1)  # class 0 is its own
        found = in_rounds(logits, features, 0, settled, least)
        self.drawn += found.verdict.n
        return found


def simulated(classes: int, features: Tensor, accuracies: Sequence[float], spread: float) -> Callable[[int], Simulated]:
    """Classes whose figures are the same for each seed of their samples."""
    numbers = torch.Generator().manual_seed(0)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(classes, generator=numbers)

    # Beta's parameters by the moments of what was measured.
    centre = mean(accuracies)
    weight = centre * (1 - centre) / stdev(accuracies) ** 2 - 1
    torch.manual_seed(0)
    accuracy = torch.distributions.Beta(centre * weight, (1 - centre) * weight).sample((classes,))
    factor = 1 + spread * torch.randn(classes, generator=numbers)
    kind = uniform(0, 1)
    accuracy = torch.where(kind > 1 - (1 - HEALTHY) * 0.7, uniform(0, 0.5), accuracy)  # off its class
    factor = torch.where(kind < (1 - HEALTHY) * 0.3, uniform(0.05, 0.8), factor)  # collapsed
    return lambda seed: Simulated(accuracy, factor.clamp(min=0.05), features, seed)


class Mixed:
    """Rows of the bundled table mixed with others, drawn in full once; fewer samples are the first of these."""

    def __init__(self, bench: Workbench, rows: int, seed: int) -> None:
        """Mix the rows; nothing is drawn yet."""
        self.bench, self.seed, self.n = bench, seed, SAMPLES
        self.names = tuple(f"row {row}" for row in range(rows))
        self.own = [row % bench.generator.n_classes for row in range(rows)]
        self._seen: dict[int, tuple[Tensor, Tensor]] = {}
        self.drawn = 0

    def in_rounds(self, row: int, settled: Callable[[Estimate], bool], least: int = 0) -> JudgedInRounds:
        """Draw a class until it is settled."""
        generator, judge = self.bench.generator, self.bench.judges[0]
        own, names = self.own[row], generator.class_names
        target = judge.index_of(names[own])
        if row not in self._seen:
            other = (own + 1 + row // len(names) % (len(names) - 1)) % len(names)
            table, share = generator.class_embeddings, row / len(self.names)
            edit = replace(class_row(generator, own), vectors=torch.lerp(table[own], table[other], share)[None])
            self._seen[row] = draw_and_observe(generator, edit, [judge], self.n, self.seed)[1][0]
        logits, features = self._seen[row]
        found = in_rounds(logits, features, target, settled, least)
        self.drawn += found.verdict.n
        return found


def in_rounds(
    logits: Tensor, features: Tensor, target: int, settled: Callable[[Estimate], bool], least: int
) -> JudgedInRounds:
    """What `judge_in_rounds` finds on samples that are there."""
    estimates = []
    for size in looks(SAMPLES):
        estimates.append(estimate_of(logits[:size], features[:size], target, None))
        if size >= least and settled(estimates[-1]):
            break
    verdict = verdict_on_features(features[:size], judge_accuracy(logits[:size], target), None)
    return JudgedInRounds(verdict, tuple(estimates))


Classes = Simulated | Mixed


def in_full(classes: Classes) -> list[ClassDiagnosis]:
    """The diagnosis with all samples, worst first."""
    verdicts = {row: classes.in_rounds(row, lambda seen: False).verdict for row in range(len(classes.names))}
    medians = medians_of(verdicts.values())
    found = [marked_by(row, classes.names[row], verdict, medians) for row, verdict in verdicts.items()]
    return sorted(found, key=lambda entry: -entry.severity)


def by_few(classes: Classes, worst: int = 0) -> list[ClassDiagnosis]:
    """The diagnosis in rounds, worst first."""
    rows = list(range(len(classes.names)))
    found = diagnose_in_rounds(classes, rows, spread_evenly(rows, COMPARED), worst, ignore)  # type: ignore[arg-type]
    return sorted(found, key=lambda entry: -entry.severity)


def compare(title: str, make: Callable[[int], Classes], seeds: Sequence[int], worst: int) -> None:
    """A row for each way to diagnose."""
    ways: dict[str, Callable[[Classes], list[ClassDiagnosis]]] = {
        "in rounds": by_few,
        f"in rounds, the worst {worst} told apart": lambda classes: by_few(classes, worst),
    }
    found: dict[str, list[tuple[float, float, float]]] = {}
    for seed in seeds:
        classes = make(seed)
        full = in_full(classes)
        other = make(seed + 1000)
        found.setdefault("all samples, another seed", []).append(against(full, in_full(other), worst, other.drawn))
        for name, way in ways.items():
            classes.drawn = 0
            found.setdefault(name, []).append(against(full, way(classes), worst, classes.drawn))
    for name, values in found.items():
        cells = [f"{mean(column):.1f} ± {stdev(column):.1f}" for column in zip(*values, strict=True)]
        print(f"| {title} | {name} | {' | '.join(cells)} |", flush=True)


def against(
    full: Sequence[ClassDiagnosis], other: Sequence[ClassDiagnosis], worst: int, drawn: int
) -> tuple[float, float, float]:
    """Percent of the images, of classes marked otherwise, and of the worst that are others."""
    marks = {entry.index: entry.mark for entry in full}
    differing = sum(marks[entry.index] != entry.mark for entry in other)
    first, second = ({entry.index for entry in each[:worst]} for each in (full, other))
    return (
        100 * drawn / (SAMPLES * len(full)), 100 * differing / len(full), 100 * len(first - second) / worst,
    )  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("simulate", "real"))
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    bench = Workbench("demo")
    print("| classes | drawn | images, % | marked otherwise, % | of the worst, others, % |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    seeds, worst = range(1, asked.seeds + 1), max(5, asked.rows // 20)
    if asked.what == "real":
        compare(
            f"{asked.rows}, mixed rows of the bundled generator", lambda s: Mixed(bench, asked.rows, s), seeds, worst
        )
        return
    features, accuracies = measured(bench)
    print(f"measured accuracies: {', '.join(f'{value:.2f}' for value in accuracies)}")
    for share, title in ((SPREAD, "as measured"), (2 * SPREAD, "diversities spread twice as far")):
        make = simulated(asked.rows, features, accuracies, share)
        compare(f"{asked.rows} simulated, {title}", make, seeds, worst)


def measured(bench: Workbench) -> tuple[Tensor, list[float]]:
    """The bundled judge's features of healthy classes (classes, 500, F), and its accuracies on them."""
    generator, judge = bench.generator, bench.judges[0]
    features, accuracies = [], []
    for row, name in enumerate(generator.class_names):
        logits, seen = draw_and_observe(generator, class_row(generator, row), [judge], 500, 0)[1][0]
        accuracy = judge_accuracy(logits, judge.index_of(name)).accuracy
        if accuracy > 0.5:
            features.append(seen)
            accuracies.append(accuracy)
    return torch.stack(features), accuracies


if __name__ == "__main__":
    main()
