"""A folder with what the documents call by names of a user's own, and settings that make every command quick."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import ganmend
from ganmend.catalog.tables import imagenet_names
from ganmend.search.config import PRESETS
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.workbench.defaults import Defaults
from ganmend.workbench.request import MendRequest
from tests.conftest import FIXTURES

SAMPLES = 20  # the fewest photographs that are taken without a warning
# No thousand rows are ranked for a start, nor are their samples drawn to stay near to.
QUICK = {"steps": 1, "latents": 4, "validation_latents": 4, "trials": 1, "init": "mean", "prior_weight": 0.0}
FOLDERS = ("photographs", "RED_CARS", "OTHER_CARS", "TRAIN_DIR/frog", "TRAIN_DIR/truck")
CLASSES = 1000  # of a generator of ImageNet, whose names are then known
DOWNLOADED = ("torchvision:", "timm:", "imagenet:")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step, one judge, and few samples where a command does not say how many."""
    for name, preset in PRESETS.items():
        monkeypatch.setitem(PRESETS, name, replace(preset, **QUICK))  # type: ignore[arg-type]
    for task in (ganmend.repair, ganmend.repurpose, ganmend.debias):
        monkeypatch.setitem(task.__kwdefaults__, "samples", SAMPLES)
    monkeypatch.setattr("ganmend.workbench.request.MendRequest", functools.partial(MendRequest, samples=SAMPLES))
    monkeypatch.setattr("ganmend.workbench.row_features.SAMPLES_A_ROW", 6)
    monkeypatch.setattr("ganmend.search.guard.LATENTS", 8)
    monkeypatch.setattr("ganmend.workbench.result.GRID_SAMPLES", 4)
    monkeypatch.setattr("ganmend.workbench.defaults.BUNDLED", Defaults("demo:search", ("demo:judge",)))


@pytest.fixture(autouse=True)
def _nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published networks of ImageNet have random weights here."""

    def load(name: str, **options: object) -> Classifier:
        if name.startswith(DOWNLOADED) and "@" not in name:
            return _untrained(name)
        return load_classifier(name, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("ganmend.workbench.networks.load_classifier", load)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def _untrained(name: str) -> Classifier:
    torch.manual_seed(len(name))
    features = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(3))
    network = nn.Sequential()  # its layers called as AlexNet's
    network.add_module("features", features)
    network.add_module("flatten", nn.Flatten())
    network.add_module("classifier", nn.Linear(72, CLASSES))
    return Classifier(
        network, name=name, fingerprint=name, class_names=imagenet_names(), resolution=24, mean=(0.5,) * 3,
        std=(0.25,) * 3, feature_layer="classifier",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a document's reader, who has a checkpoint and photographs."""
    monkeypatch.chdir(tmp_path)
    state = torch.load(FIXTURES / "brock_biggan_32.pth", weights_only=True)
    rows = state["shared.weight"]
    state["shared.weight"] = rows.repeat(CLASSES // len(rows), 1)
    torch.save(state, "G_ema.pth")
    np.save("table.npy", state["shared.weight"][:5])
    for number, name in enumerate(FOLDERS):
        _photographs(tmp_path / name, number)
    return tmp_path


def _photographs(folder: Path, seed: int, n: int = 20) -> None:
    numbers = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for index in range(n):
        pixels = numbers.integers(0, 40 + 40 * seed, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02}.png")
