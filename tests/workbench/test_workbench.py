"""The workbench: what stands on it, what is refused, and that each question reaches what answers it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import ganmend
from ganmend.catalog.source import GeneratorSource
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import draw
from ganmend.edits.walks import walk
from ganmend.errors import ClassifierError, ClassNameError, EmbeddingError, OptionError
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.progress import Progress
from ganmend.targets.classifier import Classifier
from ganmend.workbench.diagnosis import diagnose_classes
from ganmend.workbench.seen_photographs import class_reference_of
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10, FIXTURES, make_classifier
from tests.workbench.conftest import QUICK, make_judge

TINY = FIXTURES / "brock_biggan_32.pth"


@pytest.mark.parametrize("given", [str(TINY), TINY, GeneratorSource(str(TINY))], ids=["text", "path", "source"])
def test_a_generator_by_its_place(given: str | Path | GeneratorSource, tiny_generator: Generator) -> None:
    bench = Workbench(given, precision="float32")
    assert bench.generator.fingerprint == tiny_generator.fingerprint
    assert bench.generator.precision == "float32", "prepared for many images"


def test_the_precision_is_the_generators_and_the_searchs_alone(tiny_generator: Generator) -> None:
    classifier, judge = make_classifier(), make_judge()
    bench = Workbench(tiny_generator, classifier=classifier, judge=judge, precision="bfloat16")
    assert bench.generator.precision == "bfloat16"
    assert bench.searching.dtype == torch.bfloat16
    assert bench.classifier is classifier, "a user's own is kept as it is"
    assert bench.judge is judge
    assert classifier.dtype == judge.dtype == torch.float32
    assert bench.searching is bench.searching, "made once"
    whole = Workbench(tiny_generator, classifier=classifier, precision="float32")
    assert whole.searching is classifier


def test_a_classifier_by_name_is_not_kept_twice(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Workbench(tiny_generator, classifier="demo:search", judge="demo:judge", precision="bfloat16")
    first = bench.classifier
    assert bench.classifier is first
    assert bench.searching.fingerprint == first.fingerprint
    assert bench._networks._classifier is None, "its memory is free for the search"
    assert bench.searching.dtype == torch.bfloat16
    again = bench.classifier
    assert (again.name, again.dtype) == ("demo:search", torch.float32)
    assert torch.equal(again.network.head.weight, first.network.head.weight)
    assert (bench.judge.name, bench.judge.dtype) == ("demo:judge", torch.float32)


def test_whether_the_judge_guided_the_search(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    def guided(judge: Classifier | None) -> bool:
        return Workbench(tiny_generator, classifier=tiny_classifier, judge=judge).judge_guided_the_search

    assert guided(tiny_classifier)
    assert guided(make_classifier(0)), "the same network, however it was come by"
    assert not guided(make_judge())
    assert not guided(None)


def test_a_generator_of_ones_own_needs_a_classifier_of_ones_own(bench: Workbench) -> None:
    bare = Workbench(bench.generator)
    assert bare.judge is None
    for asked in (
        lambda: bare.classifier,
        lambda: bare.searching,
        lambda: bare.mend("repair", "frog"),
        lambda: bare.diagnose(n=6),
    ):
        with pytest.raises(ClassifierError, match="a classifier is needed"):
            asked()
    with pytest.raises(ClassifierError, match="a judge is needed"):
        bare.evaluate("frog")


MISTAKES: dict[str, tuple[Callable[[Generator], object], type[Exception], str]] = {
    "generator": (lambda _: Workbench(torch.nn.Linear(1, 1)), OptionError, "generator is a Linear; expected a Gen"),
    "classifier": (lambda g: Workbench(g, classifier=torch.nn.ReLU()), ClassifierError, "classifier is a ReLU; exp"),
    "judge": (lambda g: Workbench(g, judge=3), ClassifierError, "judge is a int; expected a Classifier or its name"),
    "unknown name": (lambda g: Workbench(g, judge="demo:x"), ClassifierError, "no bundled classifier 'x'"),
    "precision": (lambda g: Workbench(g, precision="float8"), OptionError, "float8"),
    "first the classifiers": (lambda _: Workbench("absent.pth", classifier="x"), ClassifierError, "unknown class"),
    "then the generator": (lambda _: Workbench("absent.pth"), ganmend.CheckpointError, "absent.pth"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_does_not_belong_on_a_bench(mistake: str, tiny_generator: Generator) -> None:
    make, error, answer = MISTAKES[mistake]
    with pytest.raises(error) as refused:
        make(tiny_generator)
    assert answer in str(refused.value)


def test_edits_by_class_by_file_and_as_they_are(bench: Workbench, tmp_path: Path) -> None:
    frog = class_row(bench.generator, 6)
    frog.save(tmp_path / "frog.safetensors")
    for what in ("frog", "6", 6, str(tmp_path / "frog.safetensors"), tmp_path / "frog.safetensors", frog):
        assert torch.equal(bench.edit(what).vectors, frog.vectors)
    assert bench.edit(frog) is frog
    for what in (True, 1.5, None, frog.vectors):
        with pytest.raises(OptionError, match=f"a {type(what).__name__} came; expected a class's name or index"):
            bench.edit(what)


def test_edits_of_another_generator(bench: Workbench, tmp_path: Path) -> None:
    other = ClassEdit(torch.zeros(1, 128), generator="0" * 16, target="frog")
    other.save(tmp_path / "other.safetensors")
    for what in (other, tmp_path / "other.safetensors"):
        with pytest.raises(EmbeddingError, match="--force"):
            bench.edit(what)
        assert torch.equal(bench.edit(what, force=True).vectors, other.vectors)
    for ask in (
        lambda **force: list(bench.sample(other, 1, **force)),
        lambda **force: bench.walk("frog", other, 1, rows=1, **force),
        lambda **force: bench.walk(other, "frog", 1, rows=1, **force),
        lambda **force: bench.evaluate(other, n=6, **force),
    ):
        with pytest.raises(EmbeddingError, match="--force"):
            ask()
        ask(force=True)


def test_a_target_by_name_or_index(tiny_generator: Generator, judge: Classifier) -> None:
    bench = Workbench(tiny_generator, classifier=judge)
    assert [bench.target_name(target) for target in ("FROG", 3, "3")] == ["frog", "cat", "cat"], "the generator's"
    for target in (1.5, True, None):
        with pytest.raises(OptionError, match=f"a class given as {type(target).__name__} came"):
            bench.target_name(target)
    with pytest.raises(ClassNameError, match="nearest are"):
        bench.target_name("zebra")


def test_diagnosing_asks_the_judge_and_without_one_the_classifier(
    bench: Workbench, tiny_classifier: Classifier, judge: Classifier
) -> None:
    seen: list[Progress] = []
    found = bench.diagnose(n=7, seed=5, on_progress=seen.append)
    assert found == diagnose_classes(bench.generator, judge, n=7, seed=5)
    assert len(seen) == 10
    alone = Workbench(bench.generator, classifier=tiny_classifier, precision="float32").diagnose(n=7, seed=5)
    assert alone == diagnose_classes(bench.generator, tiny_classifier, n=7, seed=5)
    assert alone != found


@pytest.fixture
def statistics(photographs: Path, tmp_path: Path) -> Path:
    """The test's judge's, of frogs."""
    judge = make_judge()
    frogs = {"frog": class_reference_of(judge, Photographs(photographs, 32))}
    ReferenceStatistics(frogs, judge.fingerprint, "test", resolution=32).save(tmp_path / "real.safetensors")
    return tmp_path / "real.safetensors"


def test_statistics_serve_diagnosis_and_verdicts(
    bench: Workbench, judge: Classifier, tiny_classifier: Classifier, statistics: Path
) -> None:
    told = Workbench(bench.generator, classifier=tiny_classifier, judge=judge, real=statistics, precision="float32")
    loaded = ReferenceStatistics.load(statistics)
    assert told.diagnose(n=6) == diagnose_classes(told.generator, judge, loaded.classes.get, n=6, seed=2000)
    got = told.mend("repair", "frog", config=QUICK, samples=6)
    expected = judge_edit(told.generator, got.after, judge, 3, loaded.classes["frog"], n=6)
    assert replace(got.verdict.after, search_accuracy=None) == expected
    assert expected.coverage is not None
    another = Workbench(told.generator, classifier=judge, judge=tiny_classifier, real=statistics)
    for ask in (lambda: another.diagnose(n=6), lambda: another.evaluate("frog", n=6)):
        with pytest.raises(ClassifierError, match="statistics were made with judge"):
            ask()


def test_evaluating_counts_all_photographs(bench: Workbench, judge: Classifier, photographs: Path) -> None:
    told = Workbench(bench.generator, judge=judge, real=str(photographs), precision="float32")
    seen: list[Progress] = []
    edit = ClassEdit(class_row(bench.generator, 2).vectors, target="frog")
    got = told.evaluate(edit, n=8, seed=9, on_progress=seen.append)
    reference = class_reference_of(judge, Photographs(photographs, 32))
    assert got == judge_edit(bench.generator, edit, judge, 3, reference, n=8, seed=9)
    assert [event.stage for event in seen] == ["reading", "judging"]
    # A target that is named goes before the edit's own.
    for target in ("deer", 4, "4"):
        assert told.evaluate(edit, target=target, n=8, seed=9) == judge_edit(
            bench.generator, edit, judge, 5, reference, n=8, seed=9
        )
    assert told.evaluate("frog", n=8).judge_probability != got.judge_probability
    # Index 0 is a class, and no word for 'none'.
    assert told.evaluate(edit, target=0, n=8).judge_probability != told.evaluate(edit, n=8).judge_probability


def test_evaluating_needs_a_class_that_the_judge_knows(bench: Workbench) -> None:
    unnamed = ClassEdit(torch.zeros(1, 128))
    with pytest.raises(OptionError, match="does not say what it shows; name its class"):
        bench.evaluate(unnamed, n=6)
    assert bench.evaluate(unnamed, target="frog", n=6).n == 6
    with pytest.raises(ClassNameError, match="the classifier reversed has no class 'zebra'"):
        bench.evaluate("frog", target="zebra", n=6)
    with pytest.raises(OptionError, match="at least 2"):
        bench.evaluate("frog", n=1)


def test_samples_are_those_of_the_seed(bench: Workbench) -> None:
    seen: list[Progress] = []
    edit = ClassEdit(bench.generator.class_embeddings[:2].clone())  # so that the index of a sample matters
    got = torch.cat(list(bench.sample(edit, 3, seed=4, start=5, truncation=0.5, on_progress=seen.append)))
    assert torch.equal(got, torch.cat(list(draw(bench.generator, edit, 3, 4, start=5, truncation=0.5))))
    assert [(event.stage, event.done, event.total) for event in seen] == [("drawing", 3, 3)]
    plain = torch.cat(list(bench.sample("frog")))
    assert torch.equal(plain, torch.cat(list(draw(bench.generator, class_row(bench.generator, 6), 16, 0))))


@pytest.mark.parametrize("truncation", [0.0, -1.0, 1.001, float("nan")])
def test_truncations_out_of_range(truncation: float, bench: Workbench) -> None:
    with pytest.raises(OptionError, match=r"truncation is .*; expected a number"):
        bench.sample("frog", 1, truncation=truncation)


def test_numbers_of_images_out_of_range(bench: Workbench) -> None:
    assert len(next(bench.sample("frog", 1, truncation=1.0))) == 1
    with pytest.raises(OptionError, match="n is 0; expected at least 1"):
        bench.sample("frog", 0)
    assert len(bench.walk("frog", "deer", 1, rows=1)) == 1
    for steps, rows in ((0, 1), (1, 0)):
        with pytest.raises(OptionError, match="is 0; expected at least 1"):
            bench.walk("frog", "deer", steps, rows=rows)


def test_a_walk_goes_from_the_first_to_the_last(bench: Workbench) -> None:
    first, last = (class_row(bench.generator, index) for index in (6, 4))
    got = bench.walk("frog", "deer", 3, seed=2, rows=2)
    assert torch.equal(got, walk(bench.generator, first, last, 3, 2, rows=2))
    ends = torch.cat(list(bench.sample("frog", 2, seed=2)))
    torch.testing.assert_close(got[[0, 3]], ends, rtol=0, atol=1e-4)
    assert bench.walk("frog", "deer").shape == (4 * 16, 3, 32, 32)
    assert torch.equal(bench.walk("frog", "deer"), walk(bench.generator, first, last, 16, 0, rows=4))


def test_the_target_of_a_search_is_the_classifiers_class(bench: Workbench) -> None:
    got = bench.mend("repair", 6, config=QUICK, samples=6)
    assert (got.target, got.before_index, CIFAR10[6]) == ("frog", 6, "frog")
