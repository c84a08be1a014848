"""How an edit of the bundled generator depends on photographs and on evaluations, for capacities row and norms, and for
few photographs beside samples of the generator's healthy classes.

    python recipes/cifar10/curves.py --data DATA --keep FILE [--plot docs/curves.png] [--targets frog truck] [--seeds 2]

The photographs are training images of DATA, the first ones of the class, which no judge was compared with; the verdict
is the bundled judge's, on 1,000 test images. Each edit's figures are kept in FILE as they come, and are not measured
again. Prints one Markdown table a curve, means over classes and seeds; the plot needs the extra 'bench'.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch

from ganmend.catalog.source import GeneratorSource
from ganmend.runs.demo_run import EDITS
from ganmend.search.config import SearchConfig
from ganmend.workbench.job import prepare_job
from ganmend.workbench.mending import run_job
from ganmend.workbench.workbench import Workbench
from images import CLASSES, load_images, to_unit_range

PHOTOGRAPHS, STEPS = (0, 5, 20, 50, 200, 1000), (15, 30, 60, 120, 240)
USUAL_PHOTOGRAPHS, USUAL_STEPS = 200, 120
VARIANTS = {"row": {"capacity": "row"}, "norms": {}, "norms, healthy classes": {"prior_weight": 6.0}}
FEW = (5, 20)  # photographs, beside which samples of healthy classes may help
SHOWN = {"judge_accuracy": "accuracy", "fid": "FID", "coverage": "coverage", "recall": "recall"}
Record = dict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--targets", nargs="*", default=["frog", "truck"])
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    bench = Workbench(GeneratorSource("demo"))
    images, labels = load_images(options.data, "train")
    points = [(n, USUAL_STEPS) for n in PHOTOGRAPHS] + [(USUAL_PHOTOGRAPHS, steps) for steps in STEPS]
    for seed in range(options.seeds):
        for photographs, steps in points:
            for variant in variants(photographs):
                for target in options.targets:
                    key = {"photographs": photographs, "steps": steps, "variant": variant, "target": target}
                    key["seed"] = seed
                    if not any(key.items() <= record.items() for record in kept(options.keep)):
                        own = to_unit_range(images[labels == CLASSES.index(target)][:photographs])
                        record = key | figures(bench, target, own, SearchConfig(steps=steps, **VARIANTS[variant]), seed)
                        with options.keep.open("a") as file:
                            file.write(json.dumps(record) + "\n")
    records = list(kept(options.keep))
    for name, axis in (("photographs", PHOTOGRAPHS), ("steps", STEPS)):
        print(f"\n| {name} | moved | {' | '.join(SHOWN.values())} |\n| --- | --- {'| --- ' * len(SHOWN)}|")
        for value in axis:
            for variant in variants(value) if name == "photographs" else variants(USUAL_PHOTOGRAPHS):
                cells = " | ".join(f"{figure:.3g}" for figure in at(records, name, value, variant).values())
                print(f"| {value} | {variant} | {cells} |")
    if options.plot:
        plot(records, options.plot)


def variants(photographs: int) -> list[str]:
    """What is compared at so many photographs."""
    return list(VARIANTS) if photographs in FEW else ["row", "norms"]


def figures(bench: Workbench, target: str, images: torch.Tensor, config: SearchConfig, seed: int) -> Record:
    """The verdict on an edit that matched these photographs, or none."""
    task = next(task for task, name in EDITS if name == target)
    job = prepare_job(task, target, bench.generator, bench.searching, bench.judge, bench.real)
    features = (
        torch.cat([bench.searching.matching_features(part) for part in images.split(100)]) if len(images) else None
    )
    result = run_job(replace(job, to_match=features), preset="default", config=config, seed=seed, samples=1000)
    assert result.verdict is not None
    verdict = result.verdict.after.as_dict()
    return {name: verdict[name] for name in SHOWN} | {"seconds": result.seconds, "evaluations": config.evaluations()}


def kept(path: Path) -> Iterator[Record]:
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def at(records: list[Record], name: str, value: int, variant: str) -> Record:
    """Means over classes and seeds at one point of a curve."""
    other = {"photographs": ("steps", USUAL_STEPS), "steps": ("photographs", USUAL_PHOTOGRAPHS)}[name]
    rows = [r for r in records if (r[name], r[other[0]], r["variant"]) == (value, other[1], variant)]
    return {key: mean(row[key] for row in rows) for key in SHOWN}


def plot(records: list[Record], path: Path) -> None:
    """FID and coverage against photographs and against evaluations."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharey="row", layout="constrained")
    for column, (name, axis, label) in enumerate(
        (("photographs", PHOTOGRAPHS, "photographs"), ("steps", STEPS, "images drawn with gradient"))
    ):
        for row, key in enumerate(("fid", "coverage")):
            for variant in ("row", "norms"):
                heights = [at(records, name, value, variant)[key] for value in axis]
                places = [value * 24 for value in axis] if name == "steps" else list(range(len(axis)))
                axes[row, column].plot(places, heights, marker="o", label=variant)
            axes[row, column].set_ylabel(f"{SHOWN[key]} by the judge")
            axes[row, column].set_xlabel(label)
        if name == "photographs":
            for each in axes[:, column]:
                each.set_xticks(range(len(axis)), [str(value) for value in axis])
    for each in axes.flat:  # when all is drawn: a row shares its axis
        each.set_ylim(bottom=0)
    axes[0, 0].legend(title="capacity")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
