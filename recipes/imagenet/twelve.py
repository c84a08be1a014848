"""Twelve ImageNet classes drawn by the bundled generator, led by one ImageNet classifier and judged by another.

    pip install -e '.[imagenet]'
    python recipes/imagenet/twelve.py default paper --keep FILE [--pictures DIR] [--targets tabby ostrich] [--seeds 3]

Each argument is PRESET or PRESET:NAME=VALUE,... . No photograph is used. Prints one Markdown table a setting: by the
judge, top-1, top-5 and mean probability of the edit, mean over seeds, beside those of the generator's row that the
judge likes best for the target; the search's own top-1; and diversity, in the search's features, as a share of the
start's. Each edit's figures are kept in FILE as they come, and are not measured again.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from torch import Tensor

from ganmend.catalog.source import GeneratorSource
from ganmend.cli.settings import typed_config
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.metrics.judging import draw_and_observe
from ganmend.models.protocol import Generator
from ganmend.report.grids import image_grid
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.workbench.workbench import Workbench

TARGETS = (
    "sports car", "fire engine", "tabby", "goldfinch",  # on which settings are chosen
    "trailer truck", "container ship", "airliner", "sorrel", "Persian cat", "golden retriever", "ostrich", "bullfrog",
)  # fmt: skip
SAMPLES, SEED, FEW = 200, 1000, 10  # the last, of the verdict that comes with an edit, is not looked at
Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--targets", nargs="*", default=TARGETS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    options = parser.parse_args()
    search, judge = load_classifier("imagenet:search"), load_classifier("imagenet:judge")
    bench = Workbench(GeneratorSource("demo"), classifier=search, judge=judge, precision=options.precision)
    rows = None
    for setting in options.settings:
        preset, _, changed = setting.partition(":")
        config = typed_config(preset, changed.split(",") if changed else [])
        for seed in range(options.seeds):
            for target in options.targets:
                if any((r["setting"], r["seed"], r["target"]) == (setting, seed, target) for r in kept(options.keep)):
                    continue
                rows = rows or [
                    seen(bench.generator, class_row(bench.generator, i), judge)
                    for i in range(bench.generator.n_classes)
                ]
                found = bench.mend("repurpose", target, preset=preset, config=config, seed=seed, samples=FEW)
                images, logits, _ = draw_and_observe(bench.generator, found.after, judge, SAMPLES, SEED)
                index = judge.index_of(target)
                record = {
                    "setting": setting, "seed": seed, "target": target, "seconds": found.seconds,
                    "best_row": max((figures(row, index) for row in rows), key=lambda row: row["probability"]),
                    "judge": figures(logits, index), **by_the_search(bench, found.before, found.after, target),
                }  # fmt: skip
                with options.keep.open("a") as file:
                    file.write(json.dumps(record) + "\n")
                if options.pictures:
                    name = f"{target}-{seed}-{setting}".replace(" ", "_").replace("/", "_")
                    options.pictures.mkdir(parents=True, exist_ok=True)
                    image_grid(images[:32], 8).save(options.pictures / f"{name[:120]}.png")
        table(setting, list(kept(options.keep)))


def seen(generator: Generator, edit: ClassEdit, judge: Classifier) -> Tensor:
    return draw_and_observe(generator, edit, judge, SAMPLES, SEED)[1]


def figures(logits: Tensor, index: int) -> Figures:
    """Top-1, top-5 and mean probability of a class, of logits (N, n_classes)."""
    first = logits.topk(5).indices
    return {
        "top1": (first[:, 0] == index).double().mean().item(),
        "top5": (first == index).any(1).double().mean().item(),
        "probability": logits.softmax(1)[:, index].mean().item(),
    }


def by_the_search(bench: Workbench, before: ClassEdit | None, after: ClassEdit, target: str) -> Figures:
    """The edit's top-1 by the classifier that led to it, and its diversity over that of the row it is compared with."""
    assert before is not None
    classifier = bench.classifier
    _, logits, features = draw_and_observe(bench.generator, after, classifier, SAMPLES, SEED)
    _, _, were = draw_and_observe(bench.generator, before, classifier, SAMPLES, SEED)
    own = (logits.argmax(1) == classifier.index_of(target)).double().mean().item()
    return {"search_top1": own, "diversity": mean_pairwise_distance(features) / mean_pairwise_distance(were)}


def kept(path: Path) -> Iterator[dict]:
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def table(setting: str, records: list[dict]) -> None:
    print(f"\n`{setting}`\n\n| target | seeds | best row: top-1 / top-5 / p | edit | search's top-1 | diversity |")
    print("| --- | --- | --- | --- | --- | --- |")
    totals = []
    for target in TARGETS:
        rows = [record for record in records if (record["setting"], record["target"]) == (setting, target)]
        if not rows:
            continue
        after = {name: mean(row["judge"][name] for row in rows) for name in rows[0]["judge"]}
        own, diversity = (mean(row[name] for row in rows) for name in ("search_top1", "diversity"))
        totals.append((rows[0]["best_row"]["top1"], after["top1"], own, after["top5"] > rows[0]["best_row"]["top5"]))
        print(f"| {target} | {len(rows)} | {line(rows[0]['best_row'])} | {line(after)} | {own:.0%} | {diversity:.2f} |")
    before, after, own, more = (mean(column) for column in zip(*totals, strict=True))
    print(f"| mean | | {before:.0%} | {after:.0%} | {own:.0%} | top-5 above the best row's: {more * len(totals):.0f} |")


def line(row: Figures) -> str:
    return f"{row['top1']:.0%} / {row['top5']:.0%} / {row['probability']:.2f}"


if __name__ == "__main__":
    main()
