"""Shared: the tiny generator of the fixtures, and a tiny classifier of random weights."""

import signal
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from torch import nn

from ganmend.catalog.load import load_generator
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier

# Hypothesis draws the same examples every time, so that a verdict never changes without a change of code.
settings.register_profile("ganmend", derandomize=True, deadline=None, database=None)
settings.load_profile("ganmend")

# Whoever runs the tests in the background, or by nohup, has these ignored, and so would all that is tested.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

FIXTURES = Path(__file__).parent / "fixtures"
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _two_healthy_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging is most of a short search's time: beside a verdict two other classes do, the fewest that count."""
    monkeypatch.setattr("ganmend.workbench.yardsticks.CLASSES", 2)


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def tiny_generator() -> Generator:
    return load_generator(FIXTURES / "brock_biggan_32.pth", class_names=CIFAR10)


def make_classifier(seed: int = 0, bias: float = 0.0) -> Classifier:
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(72, 10)
    )
    network[4].bias.data += bias
    return Classifier(
        network,
        name="tiny",
        fingerprint=f"tiny{seed}",
        class_names=CIFAR10,
        resolution=24,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        feature_layer="4",
    )


@pytest.fixture(scope="session")
def tiny_classifier() -> Classifier:
    return make_classifier()
