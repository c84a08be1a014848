"""Shared: a judge that counts its classes from the other end, a folder of photographs, and short searches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganmend.catalog.load import load_generator
from ganmend.models.protocol import Generator
from ganmend.search.config import PRESETS
from ganmend.targets.classifier import Classifier
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, FIXTURES, make_classifier

QUICK = replace(
    PRESETS["default"], steps=3, latents=2, validation_latents=2, validate_every=1, patience=0, diversity_weight=1.0
)


def make_judge() -> Classifier:
    judge = make_classifier(1)
    judge.name, judge.class_names = "reversed", CIFAR10[::-1]
    return judge


@pytest.fixture(scope="session")
def judge() -> Classifier:
    return make_judge()


@pytest.fixture(scope="session")
def bench(tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier) -> Workbench:
    return Workbench(tiny_generator, classifier=tiny_classifier, judge=judge, precision="float32")


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen images of noise, every other one dark, so that the two halves are unlike."""
    folder, numbers = tmp_path_factory.mktemp("photographs"), np.random.default_rng(0)
    for index in range(14):
        pixels = numbers.integers(0, 80 if index % 2 else 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02d}.png")
    return folder


@pytest.fixture(scope="session")
def hugging_face() -> Generator:
    """Another generator, of other widths."""
    return load_generator(FIXTURES / "hf_biggan_deep_64")
