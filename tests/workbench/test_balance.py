"""Shares of attributes as a user gives them: what is accepted, what tells them apart, what a result says of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.errors import ClassifierError, ClassNameError, GanmendError, ImageFolderError, OptionError
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.attributes import (
    attribute_counter,
    refuse_wrong_attributes,
    sentences_told_by,
    tell_apart,
    wished_shares,
)
from ganmend.workbench.balance import Balance, read_attributes, read_shares
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier
from tests.workbench.conftest import QUICK, make_judge

ANIMALS = Balance({"purring": "class:cat", "barking": "class:dog"}, (0.25, 0.75))


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Folders of ten red and ten blue pictures."""
    numbers = np.random.default_rng(0)
    found = {}
    for channel, name in ((0, "red"), (2, "blue")):
        folder = tmp_path_factory.mktemp(name)
        for index in range(10):
            pixels = numbers.integers(0, 60, (32, 32, 3), dtype=np.uint8)
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(folder / f"{index}.png")
        found[name] = str(folder)
    return found


def test_shares_are_equal_where_none_are_given_and_sum_to_one_where_they_nearly_do() -> None:
    assert Balance({"a": "x", "b": "y", "c": "z"}).wished == pytest.approx((1 / 3,) * 3)
    nearly = Balance({"a": "x", "b": "y", "c": "z"}, [0.333, 0.333, 0.333])  # type: ignore[arg-type]
    assert sum(nearly.wished) == pytest.approx(1)
    assert ANIMALS.wished == (0.25, 0.75)
    assert Balance({"a": "x", "b": "y"}, (0, 1)).wished == (0, 1), "none of the one"


def test_what_stands_for_an_attribute_is_a_folder_a_class_or_a_sentence() -> None:
    folders = Balance({"red": Path("photos/red"), "other": "photos/other"})  # type: ignore[dict-item]
    assert folders.folders == {"red": Path("photos/red"), "other": Path("photos/other")}
    assert ANIMALS.classes == {"purring": "cat", "barking": "dog"}
    sentences = Balance({"night": "text: a car at night", "day": "text:a car by day"})
    assert sentences.sentences == {"night": "a car at night", "day": "a car by day"}
    assert not (folders.classes)
    assert not (folders.sentences)
    assert not (ANIMALS.folders)
    assert not (ANIMALS.sentences)
    assert not (sentences.classes)


TWO = {"red": "x", "other": "y"}
MISTAKES: dict[str, tuple[dict[str, object], str]] = {
    "sum": ({"shares": (0.2, 0.7)}, "the shares 0.2, 0.7 sum to 0.9; expected 1"),
    "count": ({"shares": (0.2, 0.3, 0.5)}, "3 shares came for 2 attributes; expected one each, of red, other"),
    "percent": ({"shares": (20, 80)}, "a share is 20; expected at most 1"),
    "negative": ({"shares": (-0.5, 1.5)}, "a share is -0.5; expected at least 0"),
    "NaN": ({"shares": (float("nan"), 1.0)}, "a share is nan; expected a number"),
    "shares as text": ({"shares": "0.2,0.8"}, "shares are '0.2,0.8'; expected numbers that sum to 1"),
    "a share as text": ({"shares": ("0.2", "0.8")}, "a share is '0.2'; expected a number"),
    "one": ({"attributes": {"red": "x"}}, "one attribute came, red; a balance takes two or more"),
    "none": ({"attributes": {}}, "0 attributes came; a balance takes two or more"),
    "a list": ({"attributes": ["red"]}, "attributes are ['red']; expected a folder or class by name"),
    "no name": ({"attributes": {"": "x", "b": "y"}}, "expected printable text by name"),
    "a number": ({"attributes": {"a": 1, "b": "y"}}, "expected printable text by name"),
    "two of a name": ({"attributes": {"red": "x", "Red": "y"}}, "two attributes are named 'red'"),
    "the same folder": ({"attributes": {"red": "x", "other": "x"}}, "two attributes are 'x'"),
    "kinds": ({"attributes": {"red": "x", "b": "class:cat"}}, "the attributes red, b differ in kind"),
    "by": ({"by": None}, "the balance's by is None; expected a network's name"),
    "weight": ({"weight": -1.0}, "the balance's weight is -1.0; expected at least 0"),
    "many": ({"attributes": {str(index): f"f{index}" for index in range(65)}}, "65 attributes came"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_no_balance(mistake: str) -> None:
    changes, answer = MISTAKES[mistake]
    with pytest.raises(OptionError) as refused:
        Balance(**{"attributes": TWO} | changes)  # type: ignore[arg-type]
    assert answer in str(refused.value)
    assert len(str(refused.value)) < 300


def test_what_is_typed() -> None:
    assert read_attributes(["red=photos/a=b", "other=class:x"]) == {"red": "photos/a=b", "other": "class:x"}
    assert read_shares("0.2, 0.8") == (0.2, 0.8)
    assert read_shares("") == ()
    for typed in ("photos/red", "=x", "red="):
        with pytest.raises(OptionError, match="expected NAME=FOLDER"):
            read_attributes([typed])
    with pytest.raises(OptionError, match="names 'red' twice"):
        read_attributes(["red=x", "red=y"])
    with pytest.raises(OptionError, match=r"'0\.2;0\.8': expected numbers between commas"):
        read_shares("0.2;0.8")


def test_a_request_carries_it_through_json() -> None:
    for balance in (ANIMALS, Balance(TWO, by="demo:judge", judge="demo:second-judge", weight=3.0)):
        request = MendRequest("debias", "frog", GeneratorSource("demo"), balance=balance)
        values = json.loads(json.dumps(request.as_dict()))
        assert MendRequest.from_dict(values) == request
    for wrong in ({"shares": [1.0]}, {"atributes": TWO}, "red", {"attributes": TWO, "weight": "2"}):
        with pytest.raises(OptionError):
            MendRequest.from_dict(values | {"balance": wrong})


def test_a_probe_is_fitted_on_folders_and_names_pictures_that_it_has_not_seen(colours: dict[str, str]) -> None:
    told = tell_apart(Balance(colours), make_classifier(), 32)
    pictures = torch.zeros(3, 3, 32, 32) - 0.8
    for index, channel in enumerate((2, 0, 2)):  # blue, red, blue
        pictures[index, channel] = 0.4
    assert told.classifier(pictures)[:, list(told.indices)].argmax(1).tolist() == [1, 0, 1]
    assert told.accuracy == 1


def test_classes_are_the_networks_own_and_a_judge_finds_them_by_name(judge: Classifier) -> None:
    guide = make_classifier()
    by_index = Balance({"purring": "class:3", "barking": "class:5"})
    for balance in (ANIMALS, by_index):
        assert wished_shares(balance, guide, 32).indices == (3, 5)
        counter = attribute_counter(balance, [judge], guide, 32)
        assert (counter.classifier, counter.indices, counter.guided) == (judge, (6, 4), False)
    stranger = make_judge()
    stranger.class_names = tuple(f"class {index}" for index in range(10))
    assert attribute_counter(ANIMALS, [stranger, judge], guide, 32).classifier is judge
    alone = attribute_counter(ANIMALS, [stranger], guide, 32)
    assert (alone.classifier, alone.guided) == (guide, True), "nobody else knows them"


def test_what_cannot_be_told_apart_is_refused_by_the_search(colours: dict[str, str], tmp_path: Path) -> None:
    numbers = np.random.default_rng(1)
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        for index in range(12):
            noise = numbers.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / name / f"{index}.png")
    alike = Balance({name: str(tmp_path / name) for name in ("one", "other")})
    with pytest.raises(ClassifierError, match=r"a probe on tiny names .* of the photographs of one and other rightly"):
        wished_shares(alike, make_classifier(), 32)
    assert wished_shares(Balance(colours, (0.2, 0.8)), make_classifier(), 32).shares == (0.2, 0.8)


def test_it_is_refused_before_a_generator_is_loaded(colours: dict[str, str], tmp_path: Path) -> None:
    few = {**colours, "green": str(tmp_path)}
    wrong: list[tuple[Balance, type[GanmendError], str]] = [
        (Balance(few), ImageFolderError, "holds 0 photographs of the attribute green; expected at least 5"),
        (Balance({**colours, "green": "absent"}), ImageFolderError, "no folder at absent"),
        (Balance({"a": "class:cat", "b": "class:zebra"}), ClassNameError, "no class 'zebra'"),
        (Balance({"a": "class:cat", "b": "class:3"}), OptionError, "are one class of tiny"),
        (Balance(colours, by="demo:serch"), ClassifierError, "no bundled classifier 'serch'"),
        (Balance(colours, judge="nobody"), ClassifierError, "unknown classifier 'nobody'"),
    ]
    for balance, kind, answer in wrong:
        with pytest.raises(kind, match=answer):
            ganmend.debias("absent.pth", "frog", classifier=make_classifier(), balance=balance)
    with pytest.raises(OptionError, match="balance is a dict; expected a Balance or None"):
        ganmend.debias("absent.pth", "frog", classifier=make_classifier(), balance={})  # type: ignore[arg-type]
    refuse_wrong_attributes(ANIMALS, None)


def test_a_sure_class_is_searched_where_shares_are_wished_for_with_and_without_photographs(
    tiny_generator: Generator, photographs: Path
) -> None:
    sure = replace(QUICK, ceiling=0.01)  # the tiny classifier is sure of frogs where its ceiling is low
    for real, balance in ((None, None), (None, ANIMALS), (photographs, ANIMALS)):
        bench = Workbench(tiny_generator, classifier=make_classifier(), real=real, precision="float32")
        found = bench.mend("debias", "frog", config=sure, balance=balance)
        assert found.verdict is None, "nobody judges"
        if balance is None:
            assert "nothing says what it lacks" in found.harm[0]
            continue
        last = found.history[-1]
        assert last["imbalance"] > 0
        assert (last["matching"] == 0) == (real is None), "with photographs both lead"
        assert not any("nothing says" in reason for reason in found.harm)


def test_a_verdict_counts_them_by_the_judge_and_a_result_keeps_that(bench: Workbench, tmp_path: Path) -> None:
    found = bench.mend("debias", "frog", config=QUICK, samples=20, balance=ANIMALS)
    assert found.verdict is not None
    shares = found.verdict.shares
    assert shares is not None
    assert (shares.names, shares.wished, shares.counted_by) == (("purring", "barking"), (0.25, 0.75), "reversed")
    # The same counted by hand, on the judge's samples: its classes count from the other end.
    for which, counts in (("before", shares.before), ("after", shares.after)):
        answers = bench.judges[0](found.samples(which, 20))
        cats = int((answers[:, 6] > answers[:, 4]).sum())
        assert counts.counts == (cats, 20 - cats)
    (said,) = [line for line in found.story() if "reversed counted" in line]
    assert "wished 0.25; barking" in said
    assert set(shares.doubts()) <= set(found.verdict.doubts)
    found.save(tmp_path / "result")
    loaded = MendResult.load(tmp_path / "result").verdict
    assert loaded is not None
    assert loaded.shares == shares
    assert "shares, counted by reversed" in (tmp_path / "result/report.html").read_text()


def test_another_counter_and_another_guide_by_name(tiny_generator: Generator) -> None:
    asked = replace(ANIMALS, by="demo:search", judge="demo:second-judge")
    bench = Workbench(
        tiny_generator, classifier=make_classifier(), judge=make_judge(), precision="float32", balance=asked
    )  # fmt: skip
    found = bench.mend("repurpose", "frog", config=QUICK, samples=6, balance=asked)
    assert found.verdict is not None
    assert found.verdict.shares is not None
    assert found.verdict.shares.counted_by == "demo:second-judge"


def test_sentences_are_told_apart_by_a_model_of_images_and_texts_and_counted_by_another(tmp_path: Path) -> None:
    pytest.importorskip("open_clip")
    from tests.targets.tiny_clip import saved

    saved(tmp_path / "one")
    saved(tmp_path / "other", seed=1)
    asked = Balance(
        {"night": "text:a car at night", "day": "text:a car by day"}, by=f"clip:{tmp_path / 'one'}",
        judge=f"clip:{tmp_path / 'other'}",
    )  # fmt: skip
    guide, counts = (sentences_told_by(model, asked) for model in (asked.by, asked.judge))
    assert guide.class_names[:2] == ("a car at night", "a car by day")
    wished = wished_shares(asked, guide, 32)
    assert (wished.classifier, wished.indices, wished.shares) == (guide, (0, 1), (0.5, 0.5))
    counter = attribute_counter(asked, [counts], guide, 32)
    assert (counter.classifier, counter.names, counter.guided) == (counts, ("night", "day"), False)
    alone = attribute_counter(asked, [make_judge()], guide, 32)
    assert (alone.classifier, alone.guided) == (guide, True), "a judge of classes knows no sentence"
