"""An edit judged: which latents, whose features, which precision, and how far it is."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import draw
from ganmend.errors import ClassifierError, OptionError
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.judging import MOST_IMAGES, SAMPLES, SEED, ClassJudge, draw_and_observe, judge_by_all, judge_edit
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.metrics.verdict import verdict_on
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.targets.classifier import Classifier
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier
from tests.metrics.drawn import normal

N = 12


@pytest.fixture(scope="module")
def judge() -> Classifier:
    return make_classifier(1)


@pytest.fixture(scope="module")
def edit(tiny_generator: Generator) -> ClassEdit:
    """Two vectors and a latent map, so that samples differ by their index and by what their latents become."""
    rows = tiny_generator.class_embeddings[[2, 7]].cpu()
    return ClassEdit(rows, 0.7 * torch.eye(80).roll(1, 0), generator=tiny_generator.fingerprint)


def drawn_by_hand(generator: Generator, edit: ClassEdit, n: int, seed: int) -> torch.Tensor:
    assert edit.latent_map is not None
    z = sample_latents(seed, n, 80, truncation=generator.truncation)
    fed = torch.stack([edit.latent_map @ latent for latent in z])
    with torch.no_grad():
        return generator(fed, edit.vectors[torch.arange(n) % 2])


def test_samples_are_those_of_their_seed(tiny_generator: Generator, judge: Classifier, edit: ClassEdit) -> None:
    images, [(logits, features)] = draw_and_observe(tiny_generator, edit, [judge], N, 5)
    expected = drawn_by_hand(tiny_generator, edit, N, 5)
    torch.testing.assert_close(images, expected, rtol=0, atol=1e-5)  # float32 tanh after some ten convolutions
    pixels = (judge.preprocess(images)).contiguous()
    torch.testing.assert_close(features, judge.network[:4](pixels), rtol=1e-4, atol=1e-5)  # what the last layer takes
    torch.testing.assert_close(logits, judge.network(pixels), rtol=1e-4, atol=1e-5)
    assert (features.shape, logits.shape) == ((N, 72), (N, 10))
    assert not any(part.requires_grad for part in (images, logits, features))


def test_before_and_after_are_drawn_from_the_same_latents(tiny_generator: Generator, judge: Classifier) -> None:
    latents = sample_latents(SEED, N, 80, truncation=tiny_generator.truncation)
    for row in (1, 6):
        images, _ = draw_and_observe(tiny_generator, class_row(tiny_generator, row), [judge], N, SEED)
        with torch.no_grad():
            expected = tiny_generator(latents, tiny_generator.class_embeddings[row])
        torch.testing.assert_close(images, expected, rtol=0, atol=1e-5)


def test_the_verdict_is_on_what_was_drawn(tiny_generator: Generator, judge: Classifier, edit: ClassEdit) -> None:
    reference = ClassReference(fit_gaussian(normal(40, 72)), normal(9, 72, seed=1))
    # Latents of any seed are compared with the same random subsets.
    images, [(logits, features)] = draw_and_observe(tiny_generator, edit, [judge], N, 5)
    for target, known in ((3, reference), (None, reference), (3, None)):
        expected = verdict_on(images, logits, features, target, known, seed=SEED)
        assert judge_edit(tiny_generator, edit, judge, target, known, n=N, seed=5) == expected
    assert judge_edit(tiny_generator, edit, judge, 3, n=N, seed=6) != expected


def test_1000_samples_of_seed_1000_are_the_default(tiny_generator: Generator, edit: ClassEdit) -> None:
    # Searches have small seeds: no latent guides a search and judges it.
    assert (SAMPLES, SEED) == (1000, 1000)
    colours = make_classifier(2)
    same = judge_edit(tiny_generator, edit, colours, 3, n=SAMPLES, seed=SEED)
    assert judge_edit(tiny_generator, edit, colours, 3) == same
    assert same.n == 1000


def test_of_many_samples_the_first_images_are_kept_and_all_features(
    tiny_generator: Generator, judge: Classifier, edit: ClassEdit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_IMAGES == 1000
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 5)
    whole, [(all_logits, all_features)] = draw_and_observe(tiny_generator, edit, [judge], N, 5)
    monkeypatch.setattr("ganmend.metrics.judging.MOST_IMAGES", 7)
    images, [(logits, features)] = draw_and_observe(tiny_generator, edit, [judge], N, 5)
    assert torch.equal(images, whole[:7])
    assert torch.equal(logits, all_logits)
    assert torch.equal(features, all_features)
    assert images.untyped_storage().nbytes() == images.nbytes, "no batch is kept behind a view"
    assert judge_edit(tiny_generator, edit, judge, 3, n=N, seed=5).n == N


def test_several_judges_see_the_same_samples_each_with_its_own_class_and_real_images(
    tiny_generator: Generator, judge: Classifier, edit: ClassEdit, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, guide = make_classifier(2), make_classifier(3)
    reference = ClassReference(fit_gaussian(normal(40, 72)), normal(9, 72, seed=1))
    asked = [ClassJudge(judge, 3, reference), ClassJudge(other, 7)]
    alone = [judge_edit(tiny_generator, edit, one.judge, one.index, one.reference, n=N, seed=5) for one in asked]
    drawings: list[int] = []
    drawn = draw

    def counted(*args: object, **options: object) -> object:
        drawings.append(1)
        return drawn(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("ganmend.metrics.judging.draw", counted)
    assert judge_by_all(tiny_generator, edit, asked, n=N, seed=5) == alone
    guided = judge_by_all(tiny_generator, edit, asked, guide=ClassJudge(guide, 4), n=N, seed=5)
    assert len(drawings) == 2, "one drawing serves them all"
    accuracy = judge_edit(tiny_generator, edit, guide, 4, n=N, seed=5).judge_accuracy
    assert accuracy is not None
    assert guided == [replace(verdict, search_accuracy=accuracy) for verdict in alone]
    assert judge_by_all(tiny_generator, edit, asked, guide=ClassJudge(guide, None), n=N, seed=5) == alone


def test_progress_is_told_after_each_batch(
    tiny_generator: Generator, judge: Classifier, edit: ClassEdit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 5)
    told: list[Progress] = []
    whole = judge_edit(tiny_generator, edit, judge, 3, n=N, seed=5, on_progress=told.append)
    assert told == [Progress("judging", done, N) for done in (5, 10, 12)]
    monkeypatch.undo()
    # The same samples in other batches: convolutions sum in another order, and a rank may turn.
    assert judge_edit(tiny_generator, edit, judge, 3, n=N, seed=5).pixel_std == pytest.approx(whole.pixel_std, rel=1e-4)


def test_one_sample_is_too_few(tiny_generator: Generator, judge: Classifier, edit: ClassEdit) -> None:
    for n in (1, 0, -3):
        with pytest.raises(OptionError, match=f"n is {n}; expected at least 2"):
            judge_edit(tiny_generator, edit, judge, 3, n=n)
    assert judge_edit(tiny_generator, edit, judge, 3, n=2).n == 2


def test_a_judge_works_in_float32_whatever_the_generators_precision(tiny_generator: Generator) -> None:
    bench = Workbench(tiny_generator, classifier=make_classifier(), judge=make_classifier(1), precision="bfloat16")
    assert bench.generator.precision == "bfloat16"
    assert bench.judge is not None
    assert {part.dtype for part in bench.judge.network.parameters()} == {bench.judge.dtype} == {torch.float32}
    expected = judge_edit(bench.generator, class_row(bench.generator, 3), make_classifier(1), 3, n=N)
    assert bench.evaluate(3, n=N) == expected
    # A judge in bfloat16 has 8 bits of each weight: its features differ.
    rounded = make_classifier(1).in_precision(torch.bfloat16)
    assert judge_edit(bench.generator, class_row(bench.generator, 3), rounded, 3, n=N).diversity != expected.diversity


def test_statistics_of_another_judge_are_refused(tiny_generator: Generator, judge: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "reference.safetensors"
    reference = ClassReference(fit_gaussian(normal(40, 72)), normal(9, 72, seed=1))
    statistics = ReferenceStatistics({"frog": reference}, judge.fingerprint, "here", resolution=32)
    statistics.save(path)
    bench = Workbench(tiny_generator, judge=judge, real=path)
    known = ReferenceStatistics.load(path).classes["frog"]
    expected = judge_edit(bench.generator, class_row(bench.generator, 6), judge, 6, known, n=N)
    assert bench.evaluate("frog", n=N) == expected
    assert expected.fid is not None
    assert bench.evaluate("cat", n=N).fid is None, "statistics of frogs say nothing of cats"
    replace(statistics, judge="another").save(path)
    with pytest.raises(ClassifierError, match="made with judge another"):
        Workbench(tiny_generator, judge=judge, real=path).evaluate("frog", n=N)
