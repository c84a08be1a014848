"""The commands that are killed."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.reliability.killing import NAMED, QUICK, TINY, Case, Forks


def _photographs(folder: Path, n: int, seed: int) -> None:
    """Photographs that differ: coloured noise."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    for number in range(n):
        levels = chance.integers(0, 255, (4, 4, 3), np.uint8)
        Image.fromarray(levels).resize((32, 32)).save(folder / f"{number}.jpg")
        os.utime(folder / f"{number}.jpg", (1e9, 1e9))  # a run notes it


def _real(forks: Forks, folder: Path) -> None:
    _photographs(folder / "photos", 40, 0)


def _training_set(forks: Forks, folder: Path) -> None:
    for seed, name in enumerate(("frog", "ship")):
        _photographs(folder / "photos" / name, 20, seed)


def _older(*words: str) -> Callable[[Forks, Path], None]:
    def prepare(forks: Forks, folder: Path) -> None:
        ended = forks.run(folder, words)
        assert ended.status == 0, ended.said
        forks.work()

    return prepare


REPAIR = ("repair", TINY, "frog", *QUICK)
CASES = {
    case.name: case
    for case in (
        Case("repair", (*REPAIR, "--out", "out"), resumes="out"),
        Case("repair-real", (*REPAIR, "--real", "photos", "--out", "out"), resumes="out", prepare=_real),
        Case("repurpose-images", ("repurpose", TINY, "--images", "photos", "--name", "newt", "--judge", "other",
             *QUICK[:4], *QUICK[8:], "--out", "out"), resumes="out", prepare=_real),
        Case("two-classes", ("repair", TINY, "frog", "ship", *QUICK, "--out", "out"), resumes="out"),
        Case("overwrite", (*REPAIR, "--out", "out", "--overwrite"), resumes="out",
             prepare=_older(*REPAIR, "--seed", "5", "--out", "out")),
        Case("sample", ("sample", TINY, "frog", "ship", "-n", "10", *NAMED, "--out", "out")),
        Case("sample-overwrite", ("sample", TINY, "frog", "-n", "10", *NAMED, "--out", "out", "--overwrite"),
             prepare=_older("sample", TINY, "frog", "-n", "10", "--seed", "4", *NAMED, "--out", "out")),
        Case("augment", ("augment", TINY, "--images", "photos", "--per-class", "6", *QUICK, "--out", "out"),
             prepare=_training_set),
        Case("evaluate", ("evaluate", TINY, "frog", "-n", "12", *NAMED, "--judge", "other", "--json")),
        Case("diagnose", ("diagnose", TINY, "-n", "10", *NAMED, "--classifier", "other", "--out", "out")),
        Case("sweep", ("sweep", TINY, "--classes", "frog,ship", "--task", "repair", "--trials-at-once", "1",
             "-n", "12", *QUICK, "--out", "out"), resumes="out"),
        Case("demo", ("demo", "-n", "12", *QUICK[8:], "--out", "out"), resumes="out"),
    )
}  # fmt: skip
