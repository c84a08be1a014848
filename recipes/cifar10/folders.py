"""Photographs without a class name: folders of trucks, ships and cars, by a probe alone.

    python recipes/cifar10/folders.py DATA --out folders.jsonl
    python recipes/cifar10/folders.py DATA --out folders.jsonl --backbone imagenet:search

DATA holds CIFAR-10 as pictures, train/CLASS/*. Of each class 60 photographs are taken. Beside the probe stands, for
trucks, demo:search with the same photographs. All are judged by the bundled judges, which know the classes by name,
against real images that no search saw. Three seeds. What is in the file already is not done again; at the end comes the
table of all that is there, with the generator's own row of the class, and the best other row by each figure.
"""

import argparse
import json
import random
import shutil
import tempfile
from pathlib import Path
from statistics import mean, pstdev

from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.workbench import Workbench

CLASSES, PHOTOGRAPHS, SEEDS = ("truck", "ship", "automobile"), 60, (0, 1, 2)
FIGURES = {"judge_accuracy": max, "fid": min, "kid": min, "coverage": max, "recall": max, "diversity": max}
GUIDED = "demo:search, --real"


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("folders.jsonl"))
    parser.add_argument("--backbone", default="demo:search")
    parser.add_argument("--photographs", type=int, default=PHOTOGRAPHS)
    parser.add_argument("--classes", nargs="*", default=CLASSES)
    options = parser.parse_args()
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    judges = Workbench("demo")
    for seed in SEEDS:
        for name in options.classes:
            for by in (f"probe on {options.backbone}", *([GUIDED] if name == "truck" else [])):
                key = {"class": name, "by": by, "seed": seed, "photographs": options.photographs}
                if any(key.items() <= one.items() for one in done):
                    continue
                found = mended(options, name, by, seed) | judged(judges, name, options.edit)
                done.append(key | found)
                with options.out.open("a") as file:
                    file.write(json.dumps(done[-1]) + "\n")
                print(done[-1], flush=True)
    rows = [
        {"class": name, "by": "row", "row": row} | judged(judges, name, row)
        for name in CLASSES
        for row in judges.generator.class_names
    ]
    print(as_table(done, rows))


def mended(options: argparse.Namespace, name: str, by: str, seed: int) -> dict[str, object]:
    """Search an edit; it stands in the options then."""
    with tempfile.TemporaryDirectory() as place:
        folder = photographs_of(options.data / "train" / name, options.photographs, Path(place))
        if by == GUIDED:
            bench = Workbench("demo", classifier="demo:search", real=folder)
        else:  # called as nobody calls it, so that no judge knows it by name
            bench = Workbench("demo", images=FolderTarget({"mine": str(folder)}, backbone=options.backbone))
        result = bench.mend("repurpose", name if by == GUIDED else "mine", seed=seed, samples=100)
    options.edit = result.after
    return {"seconds": result.seconds, "notes": list(result.notes), "harm": list(result.harm)}


def photographs_of(folder: Path, n: int, place: Path) -> Path:
    """Some photographs of a class, always the same, under names that do not tell it."""
    chosen = sorted(folder.iterdir())
    random.Random(1).shuffle(chosen)
    for index, path in enumerate(chosen[:n]):
        shutil.copyfile(path, place / f"{index:03}{path.suffix}")
    return place


def judged(bench: Workbench, name: str, edit: object) -> dict[str, object]:
    """Figures by the two bundled judges."""
    found = bench.assess(edit, target=name)  # type: ignore[arg-type]
    second = found.others[0].verdict
    figures = {key: getattr(found.verdict, key) for key in FIGURES}
    return figures | {f"second_{key}": getattr(second, key) for key in ("judge_accuracy", "kid", "coverage")}


def as_table(done: list[dict[str, object]], rows: list[dict[str, object]]) -> str:
    """Mean and spread over seeds, and the best row by each figure by itself."""
    keys = [*FIGURES, "second_judge_accuracy", "second_kid", "second_coverage"]
    lines = ["| class | by | photographs | " + " | ".join(keys) + " |", "| --- " * (len(keys) + 3) + "|"]
    for name, by, n in sorted({(str(one["class"]), str(one["by"]), str(one["photographs"])) for one in done}):
        runs = [one for one in done if (one["class"], one["by"], str(one["photographs"])) == (name, by, n)]
        cells = [[float(str(run[key])) for run in runs] for key in keys]
        shown = [f"{mean(values):.3g} ± {pstdev(values):.2g}" for values in cells]
        lines.append(f"| {name} | {by}, {len(runs)} seeds | {n} | {' | '.join(shown)} |")
    for name in CLASSES:
        of_class = [row for row in rows if row["class"] == name]
        own, others = ([row for row in of_class if (row["row"] == name) is here] for here in (True, False))
        for label, among in (("its own row", own), ("the best other row by each", others)):
            if among:
                best = [FIGURES[key.removeprefix("second_")](float(str(row[key])) for row in among) for key in keys]  # type: ignore[operator]
                lines.append(f"| {name} | {label} | | {' | '.join(f'{value:.3g}' for value in best)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
