"""Compare search settings on the bundled model: three tasks, three seeds, mean and spread, by judges no search used.

    python recipes/cifar10/presets.py --keep FILE paper default default:ceiling=1.0,matching_weight=0
    python recipes/cifar10/presets.py --keep FILE default --targets frog truck
    python recipes/cifar10/presets.py --keep FILE default --data DATA --outsiders resnet20.th resnet32.th
    python recipes/cifar10/presets.py --keep FILE default --clip RUN/clip --targets deer

Each argument is PRESET or PRESET:NAME=VALUE,... . Prints one Markdown row a judge, setting and edit: before, then the
mean over seeds and, after the sign, their standard deviation. `evaluations` counts images drawn with gradient. The
outsiders compare with the test images of DATA. With --clip, the folder of a model of images and texts (train_clip.py
makes one), each class is asked for by a sentence alone, and no photograph is matched. Each edit's verdicts are kept in
FILE as they come, and are not measured again.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev

from ganmend.catalog.source import GeneratorSource
from ganmend.cli.settings import typed_config
from ganmend.metrics.judging import SAMPLES, judge_edit
from ganmend.metrics.statistics import ClassReference
from ganmend.runs.demo_run import EDITS
from ganmend.search.config import SearchConfig
from ganmend.targets.classifier import Classifier
from ganmend.targets.sentences.text import sentence_target
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench
from images import CLASSES
from outsider import load_outsider, test_references

SHOWN = ("judge_accuracy", "fid", "coverage", "diversity", "recall")
Outsiders = dict[str, tuple[Classifier, dict[str, ClassReference]]]
Record = dict[str, object]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--targets", nargs="*", default=[target for _, target in EDITS], help="only these classes")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    parser.add_argument("--clip", default="", help="guide the search by a sentence in this model")
    parser.add_argument("--sentence", default="a photo of a {}", help="what --clip is asked for each class by")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--outsiders", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    judges = [load_outsider(path) for path in options.outsiders]
    outsiders: Outsiders = {judge.name: (judge, test_references(judge, options.data)) for judge in judges}
    benches = {target: bench_for(target, options) for target in options.targets}
    for setting in options.settings:
        preset, config = resolved(setting)
        for seed in range(options.seeds):
            for task, target in EDITS:
                done = any(matches(record, setting, seed, target) for record in records(options.keep))
                if target in options.targets and not done:
                    result = benches[target].mend(
                        task, target, preset=preset, config=config, seed=seed, samples=SAMPLES
                    )
                    keep(options.keep, setting, seed, result, outsiders)
    kept = list(records(options.keep))
    for judge in dict.fromkeys(str(record["judge"]) for record in kept):
        print(f"\nby {judge}\n\n| setting | evaluations | class |", " | ".join(SHOWN), "|")
        print("| --- | --- | --- |", " | ".join("---" for _ in SHOWN), "|")
        for setting in options.settings:
            for target in options.targets:
                rows = [record for record in kept if (record["judge"], record["setting"], record["target"])
                        == (judge, setting, target)]  # fmt: skip
                if not rows:
                    continue
                cells = " | ".join(cell(rows, key) for key in SHOWN)
                print(f"| `{setting}` | {resolved(setting)[1].evaluations()} | {target} | {cells} |")


def bench_for(target: str, options: argparse.Namespace) -> Workbench:
    """The bundled generator, with the bundled classifier or a sentence to guide the search."""
    guide = None
    if options.clip:
        guide = sentence_target(options.sentence.format(target), name=target, model=options.clip, others=CLASSES)
    return Workbench(GeneratorSource("demo"), classifier=guide, precision=options.precision)


def resolved(setting: str) -> tuple[str, SearchConfig]:
    """'PRESET:NAME=VALUE,...' -> the preset's name and the settings."""
    preset, _, changed = setting.partition(":")
    return preset, typed_config(preset, changed.split(",") if changed else [])


def records(path: Path) -> Iterator[Record]:
    """What was kept."""
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def matches(record: Record, setting: str, seed: int, target: str) -> bool:
    return (record["setting"], record["seed"], record["target"]) == (setting, seed, target)


def keep(path: Path, setting: str, seed: int, result: MendResult, outsiders: Outsiders) -> None:
    """Add the verdicts of all judges to the file, at once."""
    assert result.verdict is not None
    assert result.before is not None
    verdicts = {result.verdict.judge: (result.verdict.before, result.verdict.after)}
    for name, (judge, references) in outsiders.items():
        index, reference = judge.index_of(result.target), references[result.target]
        before, after = (
            judge_edit(result.generator, edit, judge, index, reference) for edit in (result.before, result.after)
        )
        verdicts[name] = (before, after)
    lines = [
        {"setting": setting, "seed": seed, "target": result.target, "judge": name, "seconds": result.seconds,
         "before": before.as_dict(), "after": after.as_dict()}
        for name, (before, after) in verdicts.items()
    ]  # fmt: skip
    with path.open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))


def cell(rows: list[Record], key: str) -> str:
    """'before -> mean ± deviation' of one figure over the seeds."""
    before, after = rows[0]["before"][key], [row["after"][key] for row in rows]
    spread = f" ± {rounded(stdev(after))}" if len(after) > 1 else ""
    return f"{rounded(before)} -> {rounded(mean(after))}{spread}"


def rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 3 else f"{value:.2f}"


if __name__ == "__main__":
    main()
