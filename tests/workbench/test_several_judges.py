"""Several judges: the first leads, all see the same samples, and none of them may have guided the search."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from ganmend.catalog.source import GeneratorSource
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import ClassifierError
from ganmend.metrics.judging import judge_edit
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.job import asked_judges
from ganmend.workbench.reference import make_statistics
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import load_result
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, make_classifier
from tests.workbench.conftest import QUICK

FROG = CIFAR10.index("frog")


@pytest.fixture(scope="module")
def second() -> Classifier:
    made = make_classifier(2)
    made.name = "second"
    return made


@pytest.fixture(scope="module")
def panel(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, second: Classifier, photographs: Path
) -> Workbench:
    return Workbench(
        tiny_generator, classifier=tiny_classifier, judge=[judge, second], real=photographs, precision="float32"
    )


def test_the_first_judge_says_what_it_says_alone(panel: Workbench, judge: Classifier, second: Classifier) -> None:
    got = panel.mend("debias", "frog", config=QUICK, samples=8)
    alone, other = (
        Workbench(panel.generator, classifier=panel.classifier, judge=one, real=panel.real.source, precision="float32")
        .mend("debias", "frog", config=QUICK, samples=8)
        .verdict
        for one in (judge, second)
    )
    assert (got.verdict.judge, [one.judge for one in got.verdict.others]) == ("reversed", ["second"])
    assert replace(got.verdict, others=(), doubts=()) == replace(alone, doubts=())
    (beside,) = got.verdict.others
    assert replace(beside.after, intervals={}) == replace(other.after, intervals={})
    assert replace(beside.before, intervals={}) == replace(other.before, intervals={})
    assert beside.after.intervals == {}, "which take most of the time"


def test_the_searchs_own_accuracy_stands_beside_the_judges(panel: Workbench) -> None:
    got = panel.mend("debias", "frog", config=QUICK, samples=8)
    for verdict, edit in ((got.verdict.before, got.before), (got.verdict.after, got.after)):
        own = judge_edit(panel.generator, edit, panel.searching, FROG, n=8)
        assert verdict.search_accuracy == own.judge_accuracy is not None
    assert panel.assess(got.after, n=8).verdict.search_accuracy == got.verdict.after.search_accuracy
    row = class_row(panel.generator, FROG)
    assert panel.assess(row, target="frog", n=8).verdict.search_accuracy is None, "no search found it"
    foreign = replace(got.after, details={**got.after.details, "classifier": "another"})
    assert panel.assess(foreign, n=8).verdict.search_accuracy is None, "the one that guided it is not here"


def test_an_edit_is_assessed_by_all_of_them(panel: Workbench, second: Classifier) -> None:
    assessed = panel.assess("frog", n=8, seed=3)
    assert assessed.verdict == panel.evaluate("frog", n=8, seed=3)
    (other,) = assessed.others
    asked = asked_judges([second], [FROG], panel.real, searched=False, on_progress=lambda _: None)[0]
    expected = judge_edit(
        panel.generator, class_row(panel.generator, FROG), second, FROG, asked.reference, n=8, seed=3, intervals=False
    )
    assert (other.judge, other.target, other.verdict) == ("second", "frog", expected)
    assert expected.fid is not None


def test_a_result_directory_keeps_all_of_them(panel: Workbench, tmp_path: Path) -> None:
    got = panel.mend("debias", "frog", config=QUICK, samples=8)
    got.save(tmp_path / "out")
    assert load_result(tmp_path / "out").verdict == got.verdict
    (other,) = json.loads((tmp_path / "out" / "metrics.json").read_text())["other_judges"]
    assert (other["judge"], other["after"]["fid"]) == ("second", got.verdict.others[0].after.fid)
    page = (tmp_path / "out" / "report.html").read_text()
    assert re.search(r"Another judge says: accuracy .*\(by second, 8 samples\)", page)
    assert f"Another judge says: {got.verdict.others[0]}.".replace("->", "→") in got.story()


def test_each_judge_that_guided_the_search_is_flagged(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier
) -> None:
    sentence = "The judge tiny is the classifier that guided the search, so its verdict says nothing."
    bench = Workbench(tiny_generator, classifier=tiny_classifier, judge=[judge, tiny_classifier], precision="float32")
    assert bench.judge_guided_the_search
    got = bench.mend("debias", "frog", config=QUICK, samples=8)
    assert sentence in got.verdict.doubts
    assert sentence in bench.assess(got.after, n=8).doubts
    assert not any("guided" in doubt for doubt in bench.assess("frog", n=8).doubts)


def test_one_network_is_no_two_judges(tiny_generator: Generator, judge: Classifier) -> None:
    with pytest.raises(ClassifierError, match="the judges reversed, reversed came, of which two are the same network"):
        Workbench(tiny_generator, judge=[judge, judge])
    with pytest.raises(ClassifierError, match="judge is a int"):
        Workbench(tiny_generator, judge=[judge, 3])


def test_saved_statistics_are_the_first_judges(
    tiny_generator: Generator, judge: Classifier, second: Classifier, photographs: Path, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "frog").symlink_to(photographs)
    make_statistics(tmp_path / "real", judge, resolution=32).save(tmp_path / "s.safetensors")
    assessed = Workbench(tiny_generator, judge=(judge, second), real=tmp_path / "s.safetensors").assess("frog", n=8)
    assert assessed.verdict.fid is not None
    assert (assessed.others[0].verdict.fid, assessed.others[0].verdict.judge_accuracy is None) == (None, False)
    with pytest.raises(ClassifierError, match="made with judge"):
        Workbench(tiny_generator, judge=(second, judge), real=tmp_path / "s.safetensors").assess("frog", n=8)


def test_a_request_names_one_or_several() -> None:
    several = MendRequest("repair", "frog", GeneratorSource("demo"), judge=("a", "b"))
    assert MendRequest.from_dict(json.loads(json.dumps(several.as_dict()))) == several
    assert several.as_dict()["judge"] == ("a", "b")


def fooling(bench: Workbench, target: int) -> ClassEdit:
    """A class moved along the gradient of the search's classifier alone, past every bound that a search keeps."""
    vector = bench.generator.class_embeddings[0].clone().requires_grad_()
    z = sample_latents(1, 16, 80, truncation=bench.generator.truncation)
    adam = torch.optim.Adam([vector], 0.1)
    for _ in range(40):
        logits = bench.classifier(bench.generator(z, vector.expand(16, -1)))
        loss = F.cross_entropy(logits, torch.full((16,), target))
        adam.zero_grad()
        loss.backward()
        adam.step()
    details = {"classifier": bench.classifier.fingerprint}
    return ClassEdit(
        vector.detach()[None], generator=bench.generator.fingerprint, target=CIFAR10[target], details=details
    )


def test_an_edit_that_fools_the_searchs_classifier_is_called_possibly_adversarial(panel: Workbench) -> None:
    """Networks of random weights agree by chance only, so what pleases one of them is nothing to the others."""
    assessed = panel.assess(fooling(panel, FROG), n=20)
    assert assessed.verdict.search_accuracy >= 0.8
    accuracies = [assessed.verdict.judge_accuracy, *(other.verdict.judge_accuracy for other in assessed.others)]
    (found,) = [doubt for doubt in assessed.doubts if doubt.startswith("Possibly adversarial")]
    assert min(accuracies) < 0.6
    assert ("second" in found) is (accuracies[1] < assessed.verdict.search_accuracy - 0.25)
