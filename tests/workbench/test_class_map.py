"""What classifier and judge call the generator's classes, where names alone do not tell."""

import copy
import json
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.errors import ClassifierError, ClassNameError, GanmendError, OptionError
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_map import read_class_map
from ganmend.workbench.job import prepare_job
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench
from tests.workbench.conftest import QUICK
from tests.workbench.test_request import TINY as TINY_SOURCE


@pytest.fixture
def nameless(tiny_generator: Generator) -> Generator:
    """The same generator, whose classes have names that no classifier knows."""
    other = copy.copy(tiny_generator)
    other.class_names = tuple(f"class {index}" for index in range(10))
    return other


def bench_of(generator: Generator, classifier: Classifier, judge: Classifier, class_map: object = None) -> Workbench:
    return Workbench(generator, classifier=classifier, judge=judge, precision="float32", class_map=class_map)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [6, "6", "class 6", "Class-6"])
def test_a_mapped_class_is_mended_as_one_of_the_same_name(
    key: str | int, nameless: Generator, bench: Workbench, tiny_classifier: Classifier, judge: Classifier
) -> None:
    expected = bench.mend("repair", "frog", config=QUICK, samples=6)
    mapped = bench_of(nameless, tiny_classifier, judge, {key: "frog"})
    found = mapped.mend("repair", 6, config=QUICK, samples=6)
    assert (found.target, found.before_index) == ("class 6", 6)
    assert torch.equal(found.after.vectors, expected.after.vectors)
    assert found.verdict.as_dict()["after"]["judge_accuracy"] == expected.verdict.as_dict()["after"]["judge_accuracy"]
    with pytest.raises(ClassNameError, match="no class 'class 6'"):
        bench_of(nameless, tiny_classifier, judge).mend("repair", 6, config=QUICK, samples=6)


def test_classifier_and_judge_may_call_it_otherwise(
    nameless: Generator, tiny_classifier: Classifier, judge: Classifier
) -> None:
    mapped = bench_of(nameless, tiny_classifier, judge, {6: {"classifier": "frog", "judge": 3}})
    assert mapped.classifier.index_of("class 6") == 6
    assert mapped.judge is not None
    assert mapped.judge.index_of("class 6") == 3, "an index of the judge's own"
    assert mapped.judge.own_name("class 6") == judge.class_names[3]
    assert judge.index_of("frog") == judge.class_names.index("frog"), "the judge itself keeps its names"
    only = bench_of(nameless, tiny_classifier, judge, {6: {"judge": "frog"}})
    assert only.target_names  # built
    with pytest.raises(ClassNameError, match="classifier tiny has no class 'class 6'"):
        only.target_name(6)


def test_a_class_that_bears_the_name_already_loses_it(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier
) -> None:
    turned = bench_of(tiny_generator, tiny_classifier, judge, {"cat": "dog"})
    assert turned.classifier.index_of("cat") == tiny_classifier.index_of("dog")
    assert turned.classifier.class_names.count("cat") == 1
    both = bench_of(tiny_generator, tiny_classifier, judge, {"cat": "dog", "dog": "cat"})
    assert [both.classifier.index_of(name) for name in ("cat", "dog")] == [5, 3]


def test_diagnosis_sees_mapped_classes(nameless: Generator, tiny_classifier: Classifier, judge: Classifier) -> None:
    found = bench_of(nameless, tiny_classifier, judge, {6: "frog", 2: "bird"}).diagnose(n=6)
    assert sorted(entry.index for entry in found.classes) == [2, 6]


def test_a_request_keeps_the_map(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('{"6": {"judge": "toad"}, "class 2": "bird"}')
    request = MendRequest("repair", "6", TINY_SOURCE, class_map=read_class_map(tmp_path / "map.json"))
    again = MendRequest.from_dict(json.loads(json.dumps(request.as_dict())))
    assert again == request
    assert again.class_map == {"6": {"judge": "toad"}, "class 2": "bird"}


@pytest.mark.parametrize(
    ("class_map", "why"),
    [
        ([], "a class map is a list"),
        ({"6": None}, "the class map says None of '6'"),
        ({"6": 1.5}, r"the class map says 1\.5 of '6'"),
        ({"6": {"clasifier": "frog"}}, "the class map says .*clasifier"),
        ({"6": {"judge": ["frog"]}}, "the class map says"),
        ({"6": "zebra"}, "has no class 'zebra'"),
        ({"60": "frog"}, "outside 0 to 9"),
        ({"6": "frog", "5": "frog"}, "gives 'frog' of .* to 'frog' and 'dog'"),
        ({"6": 10}, "outside 0 to 9"),
    ],
)
def test_what_is_no_class_map(
    class_map: object, why: str, tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier
) -> None:
    with pytest.raises(GanmendError, match=why):
        bench_of(tiny_generator, tiny_classifier, judge, class_map)


@pytest.mark.parametrize("text", ["", "[", "[]", "3"])
def test_a_file_that_holds_no_class_map(text: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError):
        read_class_map(tmp_path / "absent.json")
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(OptionError):
        read_class_map(tmp_path / "map.json")


@pytest.mark.parametrize("target", ["zebra", "frogs"])
def test_an_unknown_name_is_refused_before_the_generator_is_loaded(target: str, tmp_path: Path) -> None:
    broken = tmp_path / "G.pth"
    broken.write_bytes(b"\x80\x02 no generator")
    known = {"classifier": "demo:search", "judge": "demo:judge"}
    with pytest.raises(ClassNameError, match=f"has no class '{target}'"):
        Workbench(broken, **known, targets=[target])
    with pytest.raises(ClassNameError, match="has no class 'zebra'"):
        Workbench(broken, **known, class_map={"frog": "zebra"})
    with pytest.raises(ClassifierError, match="no bundled classifier 'x'"):
        Workbench(broken, classifier="demo:x", targets=["frog"])
    for fits in ("frog", "6", 6, "n01443537"):  # what only the generator can tell
        with pytest.raises(GanmendError) as refused:
            Workbench(broken, **known, targets=[fits])
        assert "no class" not in str(refused.value)


def test_saved_real_images_are_found_under_the_networks_own_name(tmp_path: Path) -> None:
    """The bundled generator's frog, called otherwise, is compared with the bundled frogs."""
    source = load_generator("demo")
    expected = Workbench(source, precision="float32").evaluate("frog", n=6)
    other = copy.copy(source)
    other.class_names = tuple("green one" if name == "frog" else name for name in source.class_names)
    mapped = Workbench(other, precision="float32", class_map={"green one": "frog"})
    assert mapped.evaluate("green one", n=6) == expected
    assert expected.fid is not None
    job = prepare_job("repair", "green one", mapped.generator, mapped.searching, mapped.judges, mapped.real)
    assert job.to_match is not None
