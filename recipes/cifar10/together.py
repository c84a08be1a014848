"""Does a second classifier help a search without photographs? demo:search alone, and with demo:second-judge.

    python recipes/cifar10/together.py --out together.jsonl

Judged by demo:judge, which guided neither. Three seeds; what is in the file already is not done again.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from statistics import mean, pstdev

from ganmend.search.config import PRESETS
from ganmend.workbench.workbench import Workbench

TARGETS, SEEDS = (("repair", "frog"), ("repurpose", "deer"), ("repurpose", "truck")), (0, 1, 2)
GUIDES = {
    "demo:search": (["demo:search"], None),
    "demo:search, no views": (["demo:search"], False),
    "both": (["demo:search", "demo:second-judge"], None),
    "both, no views": (["demo:search", "demo:second-judge"], False),
}
FIGURES = ("judge_accuracy", "fid", "coverage", "recall", "diversity")


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("together.jsonl"))
    options = parser.parse_args()
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    benches = {guide: Workbench("demo", classifier=names, judge="demo:judge") for guide, (names, _) in GUIDES.items()}
    for seed in SEEDS:
        for task, name in TARGETS:
            for guide, (_, views) in GUIDES.items():
                key = {"class": name, "guide": guide, "seed": seed}
                if any(key.items() <= one.items() for one in done):
                    continue
                config = replace(PRESETS["default"], matching_weight=0.0, views=views)
                result = benches[guide].mend(task, name, config=config, seed=seed)
                assert result.verdict is not None
                figures = {figure: getattr(result.verdict.after, figure) for figure in FIGURES}
                done.append({**key, **figures, "seconds": result.seconds})
                with options.out.open("a") as file:
                    file.write(json.dumps(done[-1]) + "\n")
                print(done[-1], flush=True)
    print("| class | guided by | " + " | ".join(FIGURES) + " | seconds |\n" + "| --- " * (len(FIGURES) + 3) + "|")
    for _, name in TARGETS:
        for guide in GUIDES:
            runs = [one for one in done if (one["class"], one["guide"]) == (name, guide)]
            cells = [[run[figure] for run in runs] for figure in (*FIGURES, "seconds")]
            print(f"| {name} | {guide} | {' | '.join(f'{mean(c):.3g} ± {pstdev(c):.2g}' for c in cells)} |")


if __name__ == "__main__":
    main()
