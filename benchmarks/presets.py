"""Compare search settings on the bundled model: three tasks, three seeds, mean and spread, by the independent judge.

    python benchmarks/presets.py paper default default:ceiling=1.0,matching_weight=0

Each argument is PRESET or PRESET:NAME=VALUE,... . Prints one Markdown row a setting and edit: before, then the
mean over seeds and, after the sign, their standard deviation. `evaluations` counts images drawn with gradient.
"""

import argparse
from statistics import mean, stdev

from ganmend.cli.settings import typed_config
from ganmend.workbench.demo import run_demo

SHOWN = ("judge_accuracy", "fid", "coverage", "diversity", "recall")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    options = parser.parse_args()
    print("| setting | evaluations | task | class |", " | ".join(SHOWN), "|")
    print("| --- | --- | --- | --- |", " | ".join("---" for _ in SHOWN), "|", flush=True)
    for text in options.settings:
        preset, _, changed = text.partition(":")
        config = typed_config(preset, changed.split(",") if changed else [])
        runs = [
            run_demo(seed=seed, n=options.samples, preset=preset, config=config, precision=options.precision)
            for seed in range(options.seeds)
        ]
        count = config.evaluations()
        for edits in zip(*runs, strict=True):
            cells = [cell(edits, key) for key in SHOWN]
            print(f"| {text} | {count} | {edits[0].task} | {edits[0].target} |", " | ".join(cells), "|", flush=True)


def cell(edits: tuple, key: str) -> str:
    """'before -> mean ± deviation' of one figure over the seeds."""
    before = getattr(edits[0].verdict.before, key)
    after = [getattr(edit.verdict.after, key) for edit in edits]
    spread = f" ± {stdev(after):.3f}" if len(after) > 1 else ""
    return f"{before:.3f} -> {mean(after):.3f}{spread}"


if __name__ == "__main__":
    main()
