"""A small sweep: the tiny generator of the fixtures, and networks of random weights as files, so that any process can
load them.
"""

import json
import warnings
from pathlib import Path

import torch

from ganmend.catalog.source import GeneratorSource
from ganmend.runs.sweeps.request import SweepRequest
from ganmend.search.config import search_config
from tests.conftest import CIFAR10, FIXTURES, make_classifier

CONFIG = search_config(
    steps=4, latents=4, validation_latents=4, validate_every=2, trials=3, prior_weight=0.0, init="target", noise=0.1
)


def small_request(folder: Path, classes: str = "frog,cat", task: str = "repair", **changes: object) -> SweepRequest:
    """A sweep whose networks lie in a folder."""
    names = folder / "names.txt"
    if not names.exists():
        names.write_text("\n".join(CIFAR10) + "\n")
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # PyTorch's, of TorchScript
            for seed, name in enumerate(("guide", "judge")):
                program = torch.jit.trace(make_classifier(seed).network, torch.zeros(1, 3, 24, 24))
                program.save(str(folder / f"{name}.pt"))
    guide, judge = (f"{folder / name}.pt,classes={names},size=24" for name in ("guide", "judge"))
    source = GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"), class_names=str(names))
    given = {"classifier": (guide,), "judge": (judge,), "config": CONFIG, "group": 2, "samples": 12} | changes
    return SweepRequest(source, classes, task, **given)


def contents(directory: Path) -> dict[str, object]:
    """All that a sweep found, by name: without times, which differ between any two runs."""
    edits = {path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*.safetensors")}
    rows = json.loads((directory / "rows.json").read_text())
    return {**edits, "rows": [{**row, "seconds": 0} for row in rows]}
