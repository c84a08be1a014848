"""De-bias by named attributes on the bundled model: are the wished shares reached, by a measure no search ever saw?

    python recipes/cifar10/balance.py --data DATA --run RUN automobile automobile:matching_weight=0
    python recipes/cifar10/balance.py --data DATA --run RUN airplane:share=0.8,matching_weight=0

Each argument is CLASS or CLASS:NAME=VALUE,... with the share of the first attribute (default the training
photographs' own), weights of the balance, and search settings. What a picture shows is measured by its colours alone
(MEASURES). From the training photographs of the class 60 that show the attribute and 60 that do not are copied into
RUN/CLASS; the search gets these two folders and the wished shares. Prints one Markdown row an argument, before -> mean
± standard deviation over seeds: the share by colour, by a stricter colour where there is one, by the verdict's own
count, and the judge's figures. Pictures of the samples stand in RUN. Each edit's figures are kept in RUN/kept.jsonl as
they come, and are not measured again.
"""

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import torch
from torch import Tensor

from flaws import redness
from ganmend.cli.settings import typed_config
from ganmend.metrics.judging import SAMPLES
from ganmend.workbench.balance import Balance
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench
from images import CLASSES, load_images

PER_FOLDER = 60
OF_BALANCE = ("weight", "sureness_weight")
FIGURES = ("judge_accuracy", "fid", "coverage", "diversity")


def red_above_all(images: Tensor) -> Tensor:
    """Red minus the larger of green and blue over the middle 16x16 pixels; images (N, 3, 32, 32) uint8 -> (N,).

    Yellow is not red here, as it is by the measure that chose the generator's automobiles, `flaws.redness`.
    """
    red, green, blue = images[:, :, 8:24, 8:24].float().mean((2, 3)).unbind(1)
    return red - torch.maximum(green, blue)


def sky_blueness(images: Tensor) -> Tensor:
    """Blue minus red over the upper eight rows; images (N, 3, 32, 32) uint8 -> (N,)."""
    red, _, blue = images[:, :, :8].float().mean((2, 3)).unbind(1)
    return blue - red


def brightness(images: Tensor) -> Tensor:
    """Mean of all colours over the middle 16x16 pixels; images (N, 3, 32, 32) uint8 -> (N,)."""
    return images[:, :, 8:24, 8:24].float().mean((1, 2, 3))


@dataclass(frozen=True)
class Attribute:
    """What some pictures of a class show: `measure` is above `limit`, of 255."""

    name: str
    measure: Callable[[Tensor], Tensor]
    limit: float

    def shown(self, images: Tensor) -> Tensor:
        """Which of images (N, 3, 32, 32) uint8 show it: (N,)."""
        return self.measure(images) > self.limit


MEASURES = {
    "automobile": Attribute("red", redness, 25),
    "airplane": Attribute("blue sky", sky_blueness, 25),
    "dog": Attribute("bright", brightness, 130),
    "horse": Attribute("bright", brightness, 130),
    "ship": Attribute("blue sky", sky_blueness, 25),
}


STRICTER = {"automobile": Attribute("red alone", red_above_all, 20)}


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    bench, keep = Workbench("demo"), options.run / "kept.jsonl"
    images, labels = load_images(options.data, "train")
    print("| setting | wished | by colour | by a stricter colour | counted |", " | ".join(FIGURES), "|")
    print("| --- | --- | --- | --- | --- |", " | ".join("---" for _ in FIGURES), "|")
    for setting in options.settings:
        target, changes = parsed(setting)
        attribute, pictures = MEASURES[target], images[labels == CLASSES.index(target)]
        folders = made_folders(options.run / target, options.data, target, attribute.shown(pictures))
        share = float(changes.pop("share", attribute.shown(pictures).float().mean().item()))
        of_balance = {name: float(changes.pop(name)) for name in OF_BALANCE if name in changes}
        balance = Balance(folders, (share, 1 - share), **of_balance)
        config = typed_config("default", [f"{name}={value}" for name, value in changes.items()])
        for seed in range(options.seeds):
            if not any((kept["setting"], kept["seed"]) == (setting, seed) for kept in records(keep)):
                result = bench.mend("debias", target, config=config, seed=seed, balance=balance)
                result.picture().save(options.run / f"{setting}-seed{seed}.png".replace(":", "-"))
                line = {"setting": setting, "seed": seed, **measured(result, attribute)}
                with keep.open("a") as file:
                    file.write(json.dumps(line) + "\n")
        rows = [kept for kept in records(keep) if kept["setting"] == setting and kept["seed"] < options.seeds]
        cells = [cell(rows, name) for name in ("colour", "stricter", "counted", *FIGURES)]
        print(f"| `{setting}` | {share:.3f} |", " | ".join(cells), "|", flush=True)


def parsed(setting: str) -> tuple[str, dict[str, str]]:
    """'CLASS:NAME=VALUE,...' -> the class, and values by name."""
    target, _, changes = setting.partition(":")
    pairs = [text.partition("=") for text in changes.split(",") if text]
    return target, {name: value for name, _, value in pairs}


def made_folders(run: Path, data: Path, target: str, shown: Tensor) -> dict[str, str]:
    """Two folders of training photographs, chosen at random: those that show the attribute, and others.

    Args:
        run: where they are made.
        data: of the photographs, DATA/train/CLASS/*.jpg.
        target: the class.
        shown: (M,) which of its photographs, in order of their paths, show the attribute.

    Returns:
        Their paths by the attributes' names.
    """
    paths, name = sorted((data / "train" / target).iterdir()), MEASURES[target].name
    order = torch.randperm(len(paths), generator=torch.Generator().manual_seed(0))
    folders = {name: run / name.replace(" ", "-"), "other": run / "other"}
    for folder, wanted in zip(folders.values(), (True, False), strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        for index in order[shown[order] == wanted][:PER_FOLDER].tolist():
            shutil.copy(paths[index], folder)
    return {name: str(folder) for name, folder in folders.items()}


def records(path: Path) -> list[dict[str, object]]:
    """What was kept."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def measured(result: MendResult, attribute: Attribute) -> dict[str, object]:
    """Before and after: the share by colour, the verdict's own count of it, and the judge's figures."""
    verdict = result.verdict
    assert verdict is not None
    assert verdict.shares is not None
    (_, _, (before, _), (after, _)), _ = verdict.shares.rows()
    found = {"colour": [by_colour(result, which, attribute) for which in ("before", "after")]}
    stricter = STRICTER.get(result.target, attribute)
    found |= {"stricter": [by_colour(result, which, stricter) for which in ("before", "after")]}
    found |= {"counted": [before, after]}
    found |= {name: [getattr(one, name) for one in (verdict.before, verdict.after)] for name in FIGURES}
    return {**found, "harm": list(result.harm), "doubts": list(verdict.doubts), "seconds": result.seconds}


def by_colour(result: MendResult, which: str, attribute: Attribute) -> float:
    """The share of as many samples as were judged that show the attribute, by their colours alone."""
    images = ((result.samples(which, SAMPLES).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return attribute.shown(images).float().mean().item()


def cell(rows: list[dict[str, object]], name: str) -> str:
    """'before -> mean ± standard deviation over seeds' of a figure."""
    before, afters = rows[0][name][0], [row[name][1] for row in rows]  # type: ignore[index]
    digits = 0 if before >= 100 else 3 if before <= 1 else 1
    spread = f" ± {stdev(afters):.{digits}f}" if len(afters) > 1 else ""
    return f"{before:.{digits}f} -> {mean(afters):.{digits}f}{spread}"


if __name__ == "__main__":
    main()
