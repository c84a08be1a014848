"""What is used unasked: the package's classifiers and photographs, for the package's own generator and no other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.demo.bundled import bundled_fingerprint
from ganmend.edits.class_edit import class_row
from ganmend.formats.native import write_generator
from ganmend.metrics.judging import judge_edit
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.targets.classifier import Classifier
from ganmend.targets.sources.bundled import load_bundled
from ganmend.workbench.bundled_images import bundled_photographs, bundled_reference
from ganmend.workbench.job import prepare_job
from ganmend.workbench.seen_photographs import matching_features
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10
from tests.workbench.conftest import QUICK


@pytest.fixture(scope="module")
def demo() -> Iterator[Workbench]:
    return Workbench("demo", precision="float32")


FROG = CIFAR10.index("frog")


def test_the_bundled_generator_brings_everything(demo: Workbench) -> None:
    assert demo.classifier.name == "demo:search"
    assert [judge.name for judge in demo.judges] == ["demo:judge", "demo:second-judge"]
    assert not demo.judge_guided_the_search
    job = prepare_job("repair", "frog", demo.generator, demo.searching, demo.judges, demo.real)
    assert torch.equal(job.to_match, bundled_photographs(demo.searching, "frog"))
    assert torch.equal(
        job.judges[0].reference.features, bundled_reference(load_bundled("judge").fingerprint).classes["frog"].features
    )


def test_it_is_known_by_its_fingerprint_wherever_it_lies(tmp_path: Path) -> None:
    """The class table is no part of it: a mended generator is the bundled one still."""
    gan = load_generator("demo")
    assert gan.fingerprint == bundled_fingerprint()
    write_generator(gan, tmp_path / "converted.safetensors", "demo")
    converted = Workbench(tmp_path / "converted.safetensors")
    converted.export("demo", ["dog"], tmp_path / "mended.safetensors", classes=["frog"])
    for bench in (converted, Workbench(tmp_path / "mended.safetensors"), Workbench(gan)):
        assert bench.real.bundled
        assert (bench.classifier.name, bench.judge.name) == ("demo:search", "demo:judge")


def test_another_generator_gets_nothing(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    bench = Workbench(tiny_generator, classifier="demo:search", judge="demo:judge")
    assert not bench.real.bundled
    job = prepare_job("repair", "frog", bench.generator, bench.searching, bench.judges, bench.real)
    assert (job.to_match, job.judges[0].reference) == (None, None)
    assert Workbench(tiny_generator, classifier=tiny_classifier).judge is None


def test_a_users_own_are_never_replaced(demo: Workbench, tiny_classifier: Classifier, judge: Classifier) -> None:
    for precision in ("float32", "bfloat16"):
        bench = Workbench(load_generator("demo"), classifier=tiny_classifier,
                          judge=judge, precision=precision)  # fmt: skip
        for _ in range(2):  # also once the search has had its copy
            assert bench.classifier is tiny_classifier
            assert bench.searching.fingerprint == "tiny0"
            assert bench.judge is judge
        job = prepare_job("repair", "frog", bench.generator, bench.searching, bench.judges, bench.real)
        assert (job.to_match, job.judges[0].reference) == (None, None), (
            "the package's images are its own networks' features"
        )
    half = Workbench(load_generator("demo"), classifier=tiny_classifier)
    assert (half.classifier.name, half.judge.name) == ("tiny", "demo:judge")
    other = Workbench(load_generator("demo"), judge=judge)
    assert (other.classifier.name, other.judge.name) == ("demo:search", "reversed")


def test_a_classifier_by_name_goes_before_the_bundled_one() -> None:
    bench = Workbench("demo", classifier="demo:judge", precision="bfloat16")
    assert bench.judge_guided_the_search
    assert bench.searching.name == bench.classifier.name == "demo:judge", "loaded again by the same name"
    assert bench.judge.dtype == torch.float32, "verdicts are not in the search's precision"


def test_photographs_of_ones_own_replace_the_packages(demo: Workbench, photographs: Path) -> None:
    bench = Workbench(demo.generator, real=photographs, precision="float32")
    job = prepare_job("repair", "frog", bench.generator, bench.searching, bench.judges, bench.real)
    assert torch.equal(job.to_match, matching_features(bench.searching, Photographs(photographs, 32))[0::2])
    assert len(job.judges[0].reference.features) == 7
    assert bench.real.statistics is None


def test_a_verdict_on_the_bundled_generator_is_the_bundled_judges(demo: Workbench) -> None:
    judge, real = load_bundled("judge"), bundled_reference(load_bundled("judge").fingerprint)
    row = class_row(demo.generator, demo.generator.class_names.index("frog"))
    expected = judge_edit(demo.generator, row, judge, FROG, real.classes["frog"], n=8, seed=1000)
    assert demo.evaluate("frog", n=8) == expected
    assert expected.fid is not None
    got = demo.mend("repair", "frog", config=QUICK, samples=8)
    assert replace(got.verdict.before, search_accuracy=None) == expected
    assert set(demo.real.statistics_for(demo.judge).classes) >= {"frog", "deer", "truck"}, "for a diagnosis too"


def test_a_healthy_class_is_not_called_adversarial_by_either_judge(demo: Workbench) -> None:
    row = class_row(demo.generator, demo.generator.class_names.index("ship"))
    found = replace(row, target="ship", details={"classifier": demo.searching.fingerprint})
    assessed = demo.assess(found, n=40)
    assert None not in (assessed.verdict.search_accuracy, assessed.verdict.fid, assessed.others[0].verdict.fid)
    assert not any("adversarial" in doubt for doubt in assessed.doubts)
    second = load_bundled("second-judge")
    known = bundled_reference(second.fingerprint).classes["ship"]
    expected = judge_edit(demo.generator, found, second, CIFAR10.index("ship"), known, n=40, intervals=False)
    assert replace(assessed.others[0].verdict, search_accuracy=None) == expected
