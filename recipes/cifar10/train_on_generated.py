"""Does a classifier learn more from few photographs when generated images of their classes stand beside them?

    python recipes/cifar10/train_on_generated.py --data DATA --run RUN

For each seed, 50 photographs of each class that the bundled generator never saw are taken from DATA/train, `ganmend
augment` mends an edit for each class from them and draws 500 images, and small networks are trained from scratch: on
the photographs alone, on both, and on the generated images alone. Accuracy is on all test images of the classes.
What is measured is kept in RUN/results.jsonl as it comes, and not measured again; prints one Markdown row a training
set.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from augment import flip_and_shift
from images import to_unit_range

STEPS, BATCH, RATE = 600, 64, 2e-3
SETS = ("real", "real + generated", "generated")
Labelled = tuple[Tensor, Tensor]  # images (N, 3, 32, 32) in [-1, 1], labels (N,)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="train/CLASS/* and test/CLASS/*")
    parser.add_argument("--run", type=Path, required=True, help="a folder for what is made")
    parser.add_argument("--classes", nargs="+", default=["deer", "truck"])
    parser.add_argument("--photographs", type=int, default=50, help="of each class")
    parser.add_argument("--per-class", type=int, default=500, help="generated images of each class")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--augment", nargs=argparse.REMAINDER, default=[], help="further words for ganmend augment")
    options = parser.parse_args()
    test = load(options.data / "test", options.classes)
    kept = options.run / "results.jsonl"
    for seed in range(options.seeds):
        real, generated = options.run / f"real{seed}", options.run / f"generated{seed}"
        choose(options.data / "train", real, options.classes, options.photographs, seed)
        generate(real, generated, options.per_class, seed, options.augment)
        both = [load(folder, options.classes) for folder in (real, generated)]
        for name, sets in zip(SETS, (both[:1], both, both[1:]), strict=True):
            if not any((record["set"], record["seed"]) == (name, seed) for record in records(kept)):
                network = train(sets, len(options.classes), seed)
                record = {"set": name, "seed": seed, "accuracy": accuracy(network, test)}
                with kept.open("a") as file:
                    file.write(json.dumps(record) + "\n")
    print("| trained on | accuracy, mean ± standard deviation | by seed |\n| --- | --- | --- |")
    for name in SETS:
        found = [float(record["accuracy"]) for record in records(kept) if record["set"] == name]
        spread = stdev(found) if len(found) > 1 else 0.0
        print(f"| {name} | {mean(found):.3f} ± {spread:.3f} | {', '.join(f'{one:.3f}' for one in found)} |")


def records(kept: Path) -> list[dict[str, object]]:
    """What was measured already."""
    return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def choose(source: Path, target: Path, classes: Sequence[str], n: int, seed: int) -> None:
    """Copy n photographs of each class, chosen by the seed."""
    for name in classes:
        paths = sorted((source / name).iterdir())
        (target / name).mkdir(parents=True, exist_ok=True)
        for place in np.random.default_rng(seed).permutation(len(paths))[:n]:
            shutil.copy(paths[place], target / name)


def generate(real: Path, generated: Path, n: int, seed: int, more: Sequence[str]) -> None:
    """Draw images of the photographs' classes; what an interrupted run left is gone on with."""
    record = generated / "samples.json"
    if not record.exists() or not json.loads(record.read_text())["complete"]:
        words = ["augment", "demo", "--images", real, "--per-class", n, "--out", generated, "--seed", seed, *more]
        subprocess.run([sys.executable, "-m", "ganmend", *map(str, words)], check=True)


def load(folder: Path, classes: Sequence[str]) -> Labelled:
    """All images of the classes, labelled in their order."""
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    return to_unit_range(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)), torch.tensor(labels)


def train(sets: Sequence[Labelled], n_classes: int, seed: int) -> nn.Module:
    """A small network from scratch; every batch holds as many images of each set, and every run as many batches."""
    torch.manual_seed(seed)
    network = small_network(n_classes)
    optimiser = torch.optim.Adam(network.parameters(), RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        chosen = [torch.randint(0, len(labels), (BATCH // len(sets),)) for _, labels in sets]
        images = torch.cat([one[places] for (one, _), places in zip(sets, chosen, strict=True)])
        labels = torch.cat([one[places] for (_, one), places in zip(sets, chosen, strict=True)])
        optimiser.zero_grad()
        F.cross_entropy(network(flip_and_shift(images)), labels).backward()
        optimiser.step()
        schedule.step()
    return network.eval()


def small_network(n_classes: int) -> nn.Module:
    """Three convolutions with batch norm, and a linear layer."""
    layers: list[nn.Module] = []
    for n_in, n_out in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, n_classes))


@torch.no_grad()
def accuracy(network: nn.Module, test: Labelled) -> float:
    """The share of the test images that are taken for their class."""
    images, labels = test
    found = torch.cat([network(batch).argmax(1) for batch in images.split(250)])
    return (found == labels).double().mean().item()


if __name__ == "__main__":
    main()
