"""Classes mended from a sentence: what the search follows, alone and beside photographs."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.search.config import PRESETS
from ganmend.search.ranking import rank_rows
from ganmend.targets.classifier import Classifier
from ganmend.workbench.job import prepare_job
from ganmend.workbench.sentence_target import SentenceTarget
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10
from tests.workbench.conftest import QUICK

pytest.importorskip("open_clip")

from ganmend.targets.sentences.text import sentence_target
from tests.targets.tiny_clip import saved

LIGHTHOUSE = "a photo of a lighthouse at night"


@pytest.fixture(scope="module")
def sentence_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    saved(folder)
    return folder


@pytest.fixture(scope="module")
def sentence(sentence_folder: Path) -> Classifier:
    return sentence_target(LIGHTHOUSE, name="lighthouse", model=f"{sentence_folder}", others=CIFAR10)


def test_a_sentence_alone_raises_its_own_probability(tiny_generator: Generator, sentence: Classifier) -> None:
    bench = Workbench(tiny_generator, classifier=sentence, precision="float32", targets=["lighthouse"])
    config = replace(QUICK, steps=20, validate_every=20, latents=4, validation_latents=8, init="mean")
    result = bench.mend("repurpose", "lighthouse", config=config, seed=1)
    assert result.target == "lighthouse"
    assert result.before_index == rank_rows(bench.generator, sentence, 0)[0]
    first, *_, last = result.history
    assert last["log_probability"] > first["log_probability"] + 0.1


def test_beside_photographs_the_image_towers_layers_are_matched(
    tiny_generator: Generator, sentence: Classifier, photographs: Path
) -> None:
    bench = Workbench(tiny_generator, classifier=sentence, real=photographs, precision="float32")
    job = prepare_job("repurpose", "lighthouse", bench.generator, sentence, (), bench.real)
    ((images, _),) = Photographs(photographs, 32).batches(100)
    assert job.to_match is not None
    torch.testing.assert_close(job.to_match, sentence.matching_features(images), atol=1e-5, rtol=1e-5)
    assert job.index == 0


def test_bundled_judges_that_do_not_know_the_class_give_no_verdict(sentence_folder: Path) -> None:
    for name, judges in (("lighthouse", []), ("deer", ["demo:judge", "demo:second-judge"])):
        text = SentenceTarget(LIGHTHOUSE, name=name, model=f"{sentence_folder}")
        bench = Workbench("demo", text=text, precision="float32", targets=[name])
        assert [judge.name for judge in bench.judges] == judges
        assert [note[:23] for note in bench.notes] == ["There is no verdict: no"] * (not judges)


@pytest.mark.skipif(
    "GANMEND_CLIP" not in os.environ,
    reason="needs a CLIP that knows CIFAR-10: GANMEND_CLIP names the folder that recipes/cifar10/train_clip.py made",
)
def test_deer_are_drawn_from_a_sentence_alone() -> None:
    text = SentenceTarget("a photo of a deer", name="deer", model=os.environ["GANMEND_CLIP"])
    bench = Workbench("demo", text=text, judge="demo:judge", targets=["deer"])
    result = bench.mend("repurpose", "deer", config=replace(PRESETS["default"], steps=60), samples=200)
    assert result.verdict is not None
    before, after = result.verdict.before, result.verdict.after
    assert before.judge_accuracy < 0.2
    assert after.judge_accuracy > 0.6
    assert after.fid < 0.8 * before.fid
