"""Shared: a bench of the tiny generator of the fixtures."""

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.models.protocol import Generator
from ganmend.studio.bench import Bench
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench
from tests.conftest import FIXTURES, make_classifier


@pytest.fixture
def bench(tiny_generator: Generator) -> Bench:
    return tiny_bench(tiny_generator)


def tiny_bench(generator: Generator) -> Bench:
    workbench = Workbench(generator, classifier=make_classifier(), precision="float32")
    return Bench(workbench, MendRequest("repair", "", GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"))))
