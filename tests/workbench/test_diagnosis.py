"""Which classes are sick: thresholds, their direction, the order of marks, and what is measured for them."""

import pytest

from ganmend.edits.class_edit import class_row
from ganmend.errors import OptionError
from ganmend.metrics import judging
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.search.ranking import COLLAPSED_DIVERSITY
from ganmend.targets.classifier import Classifier
from ganmend.targets.sources.bundled import load_bundled
from ganmend.workbench import diagnosis, marks
from ganmend.workbench.bundled_images import bundled_reference
from ganmend.workbench.diagnosis import Diagnosis, diagnose_classes
from ganmend.workbench.marks import ClassDiagnosis, mark_class
from tests.conftest import CIFAR10, make_classifier


def verdict(accuracy: float | None = 1.0, diversity: float = 10.0, coverage: float | None = None) -> Verdict:
    return Verdict(200, accuracy, 0.0, 1.0, 1.0, diversity, 0.0, 0.0, coverage=coverage)


def marked(first: Verdict, *others: Verdict) -> ClassDiagnosis:
    return mark_class(0, "first", dict(enumerate([first, *others])))


def test_the_thresholds() -> None:
    assert (COLLAPSED_DIVERSITY, marks.OFF_CLASS_ACCURACY, marks.BIASED_COVERAGE) == (0.6, 0.3, 0.7)
    assert (diagnosis.SAMPLES, diagnosis.FEWEST_SAMPLES) == (200, 6)
    assert "diversity below 0.6 of the median" in marks.RULE
    assert "accuracy below 0.3" in marks.RULE
    assert "coverage of the real images below 0.7 of the median" in marks.RULE


HEALTHY = [verdict(coverage=0.5)] * 2
# Just below each threshold, and exactly at it, where a class is healthy.
CASES = {
    "collapsed": (verdict(diversity=5.99, coverage=0.5), verdict(diversity=6.0, coverage=0.5)),
    "off-class": (verdict(accuracy=0.299, coverage=0.5), verdict(accuracy=0.3, coverage=0.5)),
    "biased": (verdict(coverage=0.349), verdict(coverage=0.35)),
}


@pytest.mark.parametrize("mark", CASES)
def test_below_a_threshold_a_class_is_sick_and_at_it_healthy(mark: str) -> None:
    sick, healthy = (marked(figures, *HEALTHY) for figures in CASES[mark])
    assert (sick.mark, healthy.mark) == (mark, "")
    assert sick.severity > 0 >= healthy.severity
    assert (sick.index, sick.name, sick.verdict) == (0, "first", CASES[mark][0])
    assert marked(HEALTHY[0], *HEALTHY).mark == ""


@pytest.mark.parametrize(
    ("figures", "severity"),
    [
        (verdict(diversity=0.0), 1.0),
        (verdict(diversity=1.5), 0.75),  # 1.5 / 10 is a quarter of 0.6
        (verdict(accuracy=0.0), 1.0),
        (verdict(accuracy=0.15), 0.5),
        (verdict(coverage=0.175), 0.5),  # 0.175 / 0.5 is half of 0.7
        (verdict(coverage=0.0), 1.0),
        (verdict(accuracy=0.6, diversity=12.0, coverage=0.7), -1.0),  # each is twice its threshold
        (verdict(accuracy=1.0, diversity=9.0, coverage=0.5), 1 - 1 / 0.7),  # nearest to biased
        (verdict(accuracy=None, coverage=0.5), 1.0),  # a judge that knows no such class has seen none
    ],
)
def test_severity_is_how_far_the_worst_figure_lies_below_its_threshold(figures: Verdict, severity: float) -> None:
    assert marked(figures, *HEALTHY).severity == pytest.approx(severity)


def test_a_figure_that_is_not_known_counts_as_the_median_classs() -> None:
    # Of diversity at the median, accuracy 1 and coverage at the median, coverage is nearest to its threshold.
    assert marked(verdict(), *[verdict()] * 2).severity == pytest.approx(1 - 1 / 0.7)


def test_the_first_mark_that_holds_is_given_and_the_severity_is_the_worst() -> None:
    all_three = marked(verdict(accuracy=0.0, diversity=5.0, coverage=0.1), *HEALTHY)
    assert (all_three.mark, all_three.severity) == ("collapsed", 1.0)
    two = marked(verdict(accuracy=0.2, coverage=0.0), *HEALTHY)
    assert (two.mark, two.severity) == ("off-class", 1.0)


def test_classes_are_compared_with_the_median_class() -> None:
    """The mean would be pulled by one wide class, and the widest would leave none healthy."""
    assert marked(verdict(diversity=6.5), verdict(diversity=10), verdict(diversity=100)).mark == ""
    assert marked(verdict(diversity=5.5), verdict(diversity=10), verdict(diversity=10.5)).mark == "collapsed"
    assert marked(verdict(coverage=0.1), verdict(coverage=0.2), verdict(coverage=0.9)).mark == "biased"
    assert marked(verdict(coverage=0.1), verdict(coverage=0.1), verdict(coverage=0.9)).mark == ""


def test_biased_needs_real_images() -> None:
    assert marked(verdict(), *HEALTHY).mark == ""
    # The median is that of the classes whose real images are known: 0.5.
    assert marked(verdict(coverage=0.4), verdict(), verdict(), verdict(coverage=0.6)).mark == ""
    assert marked(verdict(coverage=0.2), verdict(), verdict(), verdict(coverage=0.6)).mark == "biased"


def test_where_all_classes_have_none_none_has_less() -> None:
    assert marked(verdict(diversity=0.0), verdict(diversity=0.0)).mark == ""
    assert marked(verdict(coverage=0.0), verdict(coverage=0.0)).mark == ""


def entry(name: str, mark: str, severity: float = 0.0) -> ClassDiagnosis:
    return ClassDiagnosis(0, name, mark, severity, verdict())


def test_the_worst_are_the_first_that_are_marked() -> None:
    found = Diagnosis((entry("a", "biased"), entry("b", ""), entry("c", "collapsed"), entry("d", "off-class")))
    names = [[entry.name for entry in found.worst(n)] for n in (0, 1, 2, 9)]
    assert names == [[], ["a"], ["a", "c"], ["a", "c", "d"]]
    assert repr(found) == "<Diagnosis: 3 of 4 classes marked: a (biased), c (collapsed), d (off-class)>"
    assert repr(Diagnosis((entry("b", ""),))) == "<Diagnosis: 0 of 1 classes marked>"


def test_a_mark_says_which_task_mends_it() -> None:
    tasks = {mark: entry("a", mark).task for mark in ("collapsed", "off-class", "biased", "")}
    assert tasks == {"collapsed": "repair", "off-class": "repair", "biased": "debias", "": ""}


def test_the_samples_that_choose_a_class_are_not_those_that_judge_it() -> None:
    assert diagnosis.SEED != judging.SEED


def test_in_a_notebook_it_is_a_table() -> None:
    page = Diagnosis((entry("frog", "biased"), entry("deer", "")))._repr_html_()
    assert page.index("frog") < page.index("deer")
    assert "biased" in page
    assert "off-class: accuracy below 0.3" in page


def test_every_class_that_the_judge_knows_is_judged_by_its_name(tiny_generator: Generator) -> None:
    judge = make_classifier(1)
    judge.class_names = ("none", *CIFAR10[:0:-1])  # the other way round, and without the first
    seen: list[Progress] = []
    found = diagnose_classes(tiny_generator, judge, n=6, seed=11, on_progress=seen.append)
    assert {entry.name for entry in found.classes} == set(CIFAR10[1:])
    assert [(event.stage, event.done, event.total) for event in seen] == [("diagnosing", k, 9) for k in range(1, 10)]
    verdicts = {
        index: judge_edit(tiny_generator, class_row(tiny_generator, index), judge, 10 - index, n=6, seed=11)
        for index in range(1, 10)
    }
    for entry in found.classes:
        assert entry == mark_class(CIFAR10.index(entry.name), entry.name, verdicts)
    severities = [entry.severity for entry in found.classes]
    assert severities == sorted(severities, reverse=True), "worst first"
    assert severities[0] > severities[-1]
    assert found.rule == marks.RULE


def test_classes_are_compared_with_their_own_real_images(
    tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    real = bundled_reference(load_bundled("judge").fingerprint).classes["frog"]
    own = ClassReference(
        type(real.gaussian)(real.gaussian.mean[:72], real.gaussian.covariance[:72, :72], real.gaussian.n),
        real.features[:, :72],
    )
    diagnosis = diagnose_classes(tiny_generator, tiny_classifier, {"frog": own}.get, n=6)
    found = {entry.name: entry for entry in diagnosis.classes}
    expected = judge_edit(tiny_generator, class_row(tiny_generator, 6), tiny_classifier, 6, own, n=6, seed=2000)
    assert found["frog"].verdict == expected
    assert expected.coverage is not None
    assert found["deer"].verdict.coverage is None


def test_what_cannot_be_diagnosed(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    with pytest.raises(OptionError, match="n is 5; expected at least 6"):
        diagnose_classes(tiny_generator, tiny_classifier, n=5)
    stranger = make_classifier()
    stranger.class_names = tuple(f"other {index}" for index in range(10))
    with pytest.raises(OptionError, match="tiny knows none of the generator's classes"):
        diagnose_classes(tiny_generator, stranger, n=6)
