"""Healthy classes: which are chosen, on which samples they are judged, and that sick ones do not count."""

import pytest

from ganmend.edits.class_edit import class_row
from ganmend.errors import ImageFolderError
from ganmend.files.kept import Kept
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.verdict import Verdict
from ganmend.metrics.yardsticks import NO_YARDSTICKS, median_verdict, real_as_samples
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.progress import Progress
from ganmend.targets.classifier import Classifier
from ganmend.workbench.seen_photographs import class_reference_of
from ganmend.workbench.workbench import Workbench
from ganmend.workbench.yardsticks import CLASSES, SAMPLES_WITHOUT_REAL, HealthyClasses, healthy_median
from tests.conftest import CIFAR10, make_classifier
from tests.workbench.conftest import QUICK


def no_images(_name: str) -> None:
    return None


@pytest.fixture(autouse=True)
def _as_many_as_users_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.workbench.yardsticks.CLASSES", CLASSES)


@pytest.fixture
def healthy(tiny_generator: Generator, judge: Classifier) -> HealthyClasses:
    return HealthyClasses(tiny_generator, judge, no_images)


def test_five_classes_spread_over_the_table_without_the_target(healthy: HealthyClasses) -> None:
    # Six of ten, every 10/6-th: 0, 1, 3, 5, 6, 8.
    assert healthy.chosen("cat") == [0, 1, 5, 6, 8]
    assert healthy.chosen("deer") == [0, 1, 3, 5, 6]
    assert healthy.chosen("no class of this generator") == [0, 1, 3, 5, 6]


def test_only_classes_that_the_judge_knows(tiny_generator: Generator) -> None:
    judge = make_classifier(1)
    judge.class_names = ("none", "ship", "x", "frog", "cat", "y", "z", "u", "v", "w")
    found = HealthyClasses(tiny_generator, judge, no_images)
    assert [CIFAR10[index] for index in found.chosen("ship")] == ["cat", "frog"]
    judge.class_names = ("ship", "frog", *"abcdefgh")
    assert HealthyClasses(tiny_generator, judge, no_images).yardstick("ship", 8, 0) is NO_YARDSTICKS, "one may be sick"


def test_the_yardstick_is_the_median_of_verdicts_on_the_same_latents(
    healthy: HealthyClasses, tiny_generator: Generator, judge: Classifier
) -> None:
    seen: list[Progress] = []
    found = healthy.yardstick("cat", 8, 7, seen.append)
    verdicts = {
        index: judge_edit(tiny_generator, class_row(tiny_generator, index), judge, 9 - index, n=8, seed=7)
        for index in (0, 1, 5, 6, 8)
    }
    assert found == healthy_median(CIFAR10, verdicts)
    assert [(event.stage, event.done, event.total) for event in seen] == [
        ("healthy classes", k, 5) for k in range(1, 6)
    ]


def test_without_real_images_few_samples_do_and_with_them_as_many_as_of_the_class(
    tiny_generator: Generator, judge: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, int] = {}

    def note(_generator: Generator, edit: object, _judge: object, _target: int, _reference: object, *, n: int,
             seed: int, intervals: bool, kept: Kept, name: str) -> Verdict:  # fmt: skip
        assert not intervals, "of a median there are none"
        asked[edit.target] = n  # type: ignore[attr-defined]
        return Verdict(n, 0.9, 0.8, 1.0, 0.9, 10.0, 0.5, 0.5)

    monkeypatch.setattr("ganmend.workbench.yardsticks.judge_edit", note)
    reference = object()

    def references(name: str) -> object:
        if name == "ship":
            raise ImageFolderError("3 images are too few")
        return reference if name == "frog" else None

    HealthyClasses(tiny_generator, judge, references).yardstick("cat", 1000, 7)  # type: ignore[arg-type]
    assert SAMPLES_WITHOUT_REAL == 200
    assert asked == {"airplane": 200, "automobile": 200, "dog": 200, "frog": 1000, "ship": 200}
    HealthyClasses(tiny_generator, judge, no_images).yardstick("cat", 150, 7)
    assert set(asked.values()) == {150}


def test_a_class_is_judged_once(healthy: HealthyClasses, monkeypatch: pytest.MonkeyPatch) -> None:
    first = healthy.yardstick("cat", 8, 7)
    monkeypatch.setattr("ganmend.workbench.yardsticks.judge_edit", lambda *_a, **_k: pytest.fail("judged again"))
    assert healthy.yardstick("cat", 8, 7) == first


def figures(diversity: float, accuracy: float = 0.9) -> Verdict:
    return Verdict(200, accuracy, 0.0, 1.0, 0.9, diversity, 0.5, 0.5)


def test_sick_classes_do_not_count() -> None:
    verdicts = {0: figures(10), 1: figures(11), 2: figures(1), 3: figures(12, accuracy=0.1)}
    found = healthy_median(("a", "b", "collapsed", "off"), verdicts)
    assert found.healthy_classes == ("a", "b")
    assert found.healthy == median_verdict([verdicts[0], verdicts[1]])
    assert healthy_median(("a", "b"), {0: figures(10, 0.1), 1: figures(10, 0.1)}) is NO_YARDSTICKS


def test_a_verdict_stands_beside_healthy_classes_and_real_images(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, photographs: object
) -> None:
    bench = Workbench(tiny_generator, classifier=tiny_classifier, judge=judge, real=photographs, precision="float32")  # type: ignore[arg-type]
    assessed = bench.assess("cat", n=8, seed=7)
    assert assessed.verdict == bench.evaluate("cat", n=8, seed=7)
    assert (assessed.judge, assessed.target) == ("reversed", "cat")
    assert (
        assessed.yardsticks.healthy == HealthyClasses(tiny_generator, judge, no_images).yardstick("cat", 8, 7).healthy
    )
    whole = class_reference_of(judge, Photographs(photographs, 32))  # type: ignore[arg-type]
    assert assessed.yardsticks.real.diversity == real_as_samples(whole).diversity
    assert any(doubt.startswith("Only 8 samples") for doubt in assessed.doubts)
    mended = bench.mend("repair", "cat", config=QUICK, samples=8)
    assert mended.verdict.yardsticks.real is None, "seven held-out images are too few for two halves"
    assert mended.verdict.yardsticks.healthy_classes
    assert any(doubt.startswith("Only 7 real images") for doubt in mended.verdict.doubts)
