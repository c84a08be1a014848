"""Classes mended from a sentence: what the search follows, alone and beside photographs."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.targets.classifier import Classifier
from ganmend.workbench.mending import prepare_job
from ganmend.workbench.real_images import TO_MATCH
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10
from tests.workbench.conftest import QUICK

pytest.importorskip("open_clip")

from ganmend.targets.text import sentence_target
from tests.targets.tiny_clip import saved

LIGHTHOUSE = "a photo of a lighthouse at night"


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = tmp_path_factory.mktemp("clip")
    saved(folder)
    return sentence_target(LIGHTHOUSE, name="lighthouse", model=f"{folder}", others=CIFAR10)


def test_a_sentence_alone_raises_its_own_probability(tiny_generator: Generator, sentence: Classifier) -> None:
    bench = Workbench(tiny_generator, classifier=sentence, precision="float32", targets=["lighthouse"])
    config = replace(QUICK, steps=20, validate_every=20, latents=4, validation_latents=8, init="mean")
    result = bench.mend("repurpose", "lighthouse", config=config, seed=1)
    assert result.target == "lighthouse"
    assert result.before_index == sentence_row(bench, sentence)
    first, *_, last = result.history
    assert last["log_probability"] > first["log_probability"] + 0.1


def sentence_row(bench: Workbench, sentence: Classifier) -> int:
    """The row that shows the sentence best, by its samples."""
    from ganmend.search.ranking import rank_rows

    return int(rank_rows(bench.generator, sentence, 0)[0])


def test_beside_photographs_the_image_towers_layers_are_matched(
    tiny_generator: Generator, sentence: Classifier, photographs: Path
) -> None:
    bench = Workbench(tiny_generator, classifier=sentence, real=photographs, precision="float32")
    job = prepare_job("repurpose", "lighthouse", bench.generator, sentence, (), bench.real)
    (images, _), *others = Photographs(photographs, 32).batches(100)
    assert not others
    assert job.to_match is not None
    torch.testing.assert_close(job.to_match, sentence.matching_features(images), atol=1e-5, rtol=1e-5)
    assert job.index == 0
    assert TO_MATCH.step == 2
