"""Mending one class: where its search starts, what it sees, and what the verdict compares with what."""

import copy
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganmend.edits.class_edit import ClassEdit, EditTensors
from ganmend.errors import Cancelled, ClassifierError, ClassNameError, ImageFolderError, OptionError
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.metrics.judging import judge_edit
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import HELD_OUT, TO_MATCH, Photographs
from ganmend.progress import Progress
from ganmend.search import guard
from ganmend.search.guard import LATENTS, Seen, harm_done, seen
from ganmend.search.loop import search
from ganmend.search.prior import own_prior
from ganmend.search.ranking import class_scores, rank_rows
from ganmend.search.starting_points import starting_points
from ganmend.search.state import SearchState
from ganmend.search.validation import draw_latents
from ganmend.targets.classifier import Classifier
from ganmend.workbench import guarded, mending
from ganmend.workbench.class_meant import known_to
from ganmend.workbench.job import TASKS, prepare_job
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.result import MendResult
from ganmend.workbench.seen_photographs import class_reference_of, matching_features
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10
from tests.search.stand_ins import FREE
from tests.workbench.conftest import QUICK

FROG = CIFAR10.index("frog")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("matched", [False, True])
def test_a_task_is_a_search_from_its_own_starts(
    task: str, matched: bool, bench: Workbench, photographs: Path, tiny_classifier: Classifier
) -> None:
    """Repair leaves the sick row itself out of the starts; a new class has no row of its own."""
    bench = with_photographs(bench, photographs) if matched else bench
    assert FROG in rank_rows(bench.generator, tiny_classifier, FROG)[:5], "its own row is among those to start from"
    config = replace(QUICK, trials=6)  # all of them: the mean of the table, and the SHORTLIST of five rows
    got = bench.mend(task, "frog", config=config, seed=5, samples=6)
    real = matching_features(tiny_classifier, Photographs(photographs, 32, TO_MATCH)) if matched else None
    prior = None
    if not matched:  # nothing but the classifier leads: samples of the other classes hold the search back
        names = bench.generator.class_names
        known_as = [known_to(tiny_classifier, row, names) for row in range(len(names))]
        prior = own_prior(bench.generator, tiny_classifier, known_as, FROG, 5, views=True)
        assert prior is not None
    config = config.settled(matches_real_images=matched)
    start, best_row = starting_points(
        bench.generator, tiny_classifier, FROG, config, 5, own_row=None if task == "repurpose" else FROG,
        own_row_is_sick=task == "repair", real_features=real,
    )  # fmt: skip
    targets = torch.full((6,), FROG)
    found = search(bench.generator, tiny_classifier, start, targets, config, seed=5, real_features=real, prior=prior)
    assert got.history == found.history
    assert torch.equal(got.after.vectors, found.best.vectors)
    assert got.before_index == (best_row if task == "repurpose" else FROG)
    assert torch.equal(got.before.vectors[0], bench.generator.class_embeddings[got.before_index])
    assert got.config == found.config


def test_a_search_that_narrows_a_class_to_one_picture_is_no_success(
    bench: Workbench, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the search's own classifier, beside the start and, but for a repair, the row that it is compared with."""
    monkeypatch.setattr(guard, "LEAST_DIVERSITY", 0.99)  # so short a search narrows little
    config = replace(QUICK, init="target", noise=0.0, keep="last", **FREE)
    good = bench.mend("debias", "frog", config=replace(config, keep="best"), samples=6)
    z = draw_latents(bench.generator, 0, LATENTS, "validation")

    def looked_at(edit: ClassEdit) -> Seen:
        return seen(bench.generator, tiny_classifier, EditTensors(edit.vectors), FROG, z)

    assert good.harm == harm_done(looked_at(good.after), looked_at(good.before), looked_at(good.before))
    far = bench.mend("debias", "frog", config=replace(config, learning_rate=5.0, diversity_weight=0.0), samples=6)
    assert far.harm == harm_done(looked_at(far.after), looked_at(far.before), looked_at(far.before))
    assert good.harm != far.harm


@pytest.mark.parametrize(
    ("changes", "task", "ranked"),
    [({}, "repair", True), (FREE, "repurpose", True), (FREE | {"init": "top"}, "repair", True),
     (FREE | {"init": "target"}, "repair", False)],
)  # fmt: skip
def test_alike_is_less_varied_than_real_images_or_the_median_class(
    changes: dict[str, object], task: str, ranked: bool, bench: Workbench, photographs: Path
) -> None:
    """A start that the classifier is unsure of is spread over several classes, and more varied than any good class."""
    searching, config = bench.searching, replace(QUICK, **changes).settled(matches_real_images=False)
    job = prepare_job(task, "frog", bench.generator, searching, (), bench.real)
    median = class_scores(bench.generator, searching)["diversity"].median().item()
    assert guarded._usual_diversity(job, config, None) == (median if ranked else math.inf)
    read = Photographs(photographs, 32)
    _, last = searching.logits_and_features(torch.cat([images for images, _ in read.batches(8)]))
    found = guarded._usual_diversity(job, config, matching_features(searching, read))
    assert found == pytest.approx(mean_pairwise_distance(last), rel=1e-4)


def test_what_the_judge_calls_worse_is_no_success(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = mending.compare
    for change, worse in (((-2.0, -1.0), True), ((1.0, 2.0), False), ((-1.0, 1.0), False)):
        monkeypatch.setattr(
            mending, "compare", lambda *given, c=change: replace(compare(*given), changes={"diversity": c})
        )
        got = bench.mend("debias", "frog", config=QUICK, samples=6)
        said = "By the judge reversed it is worse than before, taken together."
        assert (said in got.harm) == worse
        assert got.story()[0].endswith(said) == worse


def with_photographs(bench: Workbench, photographs: Path) -> Workbench:
    return Workbench(
        bench.generator, classifier=bench.classifier, judge=bench.judge, real=photographs, precision="float32"
    )


def test_before_of_a_new_class_is_the_row_that_comes_nearest(bench: Workbench) -> None:
    """Not the row of the same index or name, which means something else to another generator."""
    index = CIFAR10.index("deer")
    nearest = int(rank_rows(bench.generator, bench.searching, index)[0])
    assert nearest != index
    assert bench.mend("repurpose", "deer", config=QUICK, samples=6).before_index == nearest
    for task in ("repair", "debias"):
        assert bench.mend(task, "deer", config=QUICK, samples=6).before_index == index
    first = CIFAR10[int(rank_rows(bench.generator, bench.searching, 0)[0])]
    assert bench.mend("debias", "airplane", config=QUICK, samples=6).before_index == 0
    assert first != "airplane", "row 0 is a row, and no word for 'none'"


def test_the_own_row_is_the_generators_and_the_target_the_classifiers(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier
) -> None:
    """Each finds the class by its name; the judge counts from the other end."""
    job = prepare_job("debias", "frog", tiny_generator, judge, [tiny_classifier], RealImages(32))
    assert (job.own_row, job.index, job.judges[0].index) == (FROG, 9 - FROG, FROG)
    job = prepare_job("repurpose", "frog", tiny_generator, judge, (), RealImages(32))
    assert (job.own_row, job.judges, job.to_match) == (None, (), None)


def test_before_and_after_are_judged_alike_on_images_that_the_search_never_saw(
    bench: Workbench, photographs: Path
) -> None:
    got = with_photographs(bench, photographs).mend("repair", "frog", config=QUICK, seed=3, samples=8)
    held_out = class_reference_of(bench.judge, Photographs(photographs, 32, HELD_OUT))
    for edit, verdict in ((got.before, got.verdict.before), (got.after, got.verdict.after)):
        # The judge's latents are those of seed 1000 whatever the search's seed is.
        expected = judge_edit(bench.generator, edit, bench.judge, 9 - FROG, held_out, n=8, seed=1000)
        assert replace(verdict, search_accuracy=None) == expected
    assert got.verdict.before != got.verdict.after
    assert got.verdict.after.coverage is not None
    assert got.verdict.judge == "reversed"


def test_without_a_judge_the_search_sees_all_images(
    tiny_generator: Generator, tiny_classifier: Classifier, photographs: Path
) -> None:
    job = prepare_job("repair", "frog", tiny_generator, tiny_classifier, (), RealImages(32, photographs))
    assert torch.equal(job.to_match, matching_features(tiny_classifier, Photographs(photographs, 32)))
    judged = prepare_job(
        "repair", "frog", tiny_generator, tiny_classifier, [tiny_classifier], RealImages(32, photographs)
    )
    assert len(judged.to_match) == len(judged.judges[0].reference.features) == 7
    bench = Workbench(tiny_generator, classifier=tiny_classifier, real=photographs)
    assert bench.mend("repair", "frog", config=QUICK).verdict is None


def test_the_edit_says_where_it_came_from(bench: Workbench) -> None:
    got = bench.mend("debias", "FROG", config=QUICK, preset="paper", seed=7, samples=6)
    assert got.after.details == {"task": "debias", "preset": "paper", "seed": "7", "classifier": "tiny0"}
    assert (got.after.generator, got.after.target) == (bench.generator.fingerprint, "frog")
    assert (got.task, got.target, got.classifier, got.preset, got.seed) == ("debias", "frog", "tiny", "paper", 7)
    assert got.generator is bench.generator
    assert not got.interrupted
    assert got.seconds > 0


def test_all_of_a_searched_edit_is_kept(bench: Workbench) -> None:
    config = replace(QUICK, vectors=2, latent_map=True, trials=1, capacity="norms")
    got = bench.mend("repair", "frog", config=config, samples=6)
    assert len(got.after.vectors) == 2
    assert got.after.offsets.shape == (bench.generator.n_offsets,)
    assert got.after.latent_map.shape == (bench.generator.dim_z,) * 2


def test_the_presets_own_settings_are_used_where_none_are_given(
    tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "searching":
            raise Cancelled

    bench = Workbench(tiny_generator, classifier=tiny_classifier)
    default, paper = (bench.mend("repair", "frog", preset=name, on_progress=stop) for name in ("default", "paper"))
    assert (default.config.steps, default.config.init, default.config.trials) == (120, "best", 1)
    assert (paper.config.steps, paper.config.init, paper.config.trials) == (200, "top", 3)
    with pytest.raises(OptionError, match="unknown preset"):
        bench.mend("repair", "frog", preset="best")


def test_progress_comes_from_every_stage(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # where no ranking is yet
    seen: list[Progress] = []
    bench.mend("repair", "frog", config=QUICK, samples=6, on_progress=seen.append)
    # Before, then after.
    stages = [(stage, len(list(events))) for stage, events in groupby(event.stage for event in seen)]
    assert stages == [("ranking", 10), ("choosing", 6), ("searching", 3), ("judging", 2), ("healthy classes", 2)]
    assert [(event.done, event.total) for event in seen if event.stage == "judging"] == [(6, 6), (6, 6)]


def cancel_in(stage: str, done: int) -> Callable[[Progress], None]:
    def told(progress: Progress) -> None:
        if (progress.stage, progress.done) == (stage, done):
            raise Cancelled

    return told


def test_a_cancelled_search_gives_the_best_so_far(bench: Workbench) -> None:
    states: list[SearchState] = []
    whole = bench.mend("repair", "frog", config=QUICK, samples=6, on_state=states.append)
    got = bench.mend("repair", "frog", config=QUICK, samples=6, on_progress=cancel_in("searching", 2))
    assert (whole.interrupted, got.interrupted) == (False, True)
    # Validated before the first step and after it; cancelled after the second, before its validation.
    assert torch.equal(got.after.vectors, states[0].kept.vectors[0])
    assert got.history == [record for record in whole.history if record["step"] < 2]
    assert got.verdict is not None, "what was found is judged"


def test_what_is_cancelled_before_anything_is_found_ends_with_that_error(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(Cancelled):
        bench.mend("repair", "frog", config=QUICK, samples=6, on_progress=cancel_in("ranking", 6))


def test_a_verdict_that_is_cancelled_leaves_what_was_found(bench: Workbench) -> None:
    whole = bench.mend("repair", "frog", config=QUICK, samples=6)
    found: list[MendResult] = []
    got = bench.mend(
        "repair", "frog", config=QUICK, samples=6, on_progress=cancel_in("judging", 6), on_found=found.append
    )
    assert (got.interrupted, got.verdict) == (True, None)
    assert torch.equal(got.after.vectors, whole.after.vectors)
    assert found == [got], "it was given out before it was judged"


@pytest.mark.parametrize("end", [Cancelled, KeyboardInterrupt])
def test_what_ends_it_after_the_search_leaves_what_was_found(
    end: type[BaseException], bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the search's own classifier looks at it again, before there is a result."""

    def looked(*_: object) -> None:
        raise end

    whole = bench.mend("repair", "frog", config=QUICK, samples=6)
    monkeypatch.setattr(guarded, "seen", looked)
    found: list[MendResult] = []
    got = bench.mend("repair", "frog", config=QUICK, samples=6, on_found=found.append)
    assert (got.interrupted, got.harm) == (True, ())
    assert torch.equal(got.after.vectors, whole.after.vectors)
    assert found == [got]


def test_a_trial_that_failed_is_told_with_the_result(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "search", lambda *given, **more: replace(search(*given, **more), failed=(1,)))
    got = bench.mend("repair", "frog", config=replace(QUICK, trials=2), samples=6)
    assert got.notes == got.notes[:1]
    assert "Trial 2 of 2 failed" in got.notes[0]


def test_the_same_seed_gives_the_same_edit_and_another_another(bench: Workbench) -> None:
    first, again, other = (bench.mend("repair", "frog", config=QUICK, seed=seed, samples=6) for seed in (1, 1, 2))
    assert torch.equal(first.after.vectors, again.after.vectors)
    assert (first.history, first.verdict) == (again.history, again.verdict)
    assert not torch.equal(first.after.vectors, other.after.vectors)
    assert first.verdict.before == other.verdict.before, "the verdict's latents are not the search's"


def test_a_search_goes_on_from_its_state(bench: Workbench, tmp_path: Path) -> None:
    states: list[SearchState] = []
    whole = bench.mend("repair", "frog", config=QUICK, seed=1, samples=6, on_state=states.append)
    assert [state.step for state in states] == [1, 2, 3]
    replace(states[0], seconds=1000.0).save(tmp_path / "state.safetensors")
    seen: list[Progress] = []
    later = bench.mend(
        "repair", "frog", config=QUICK, seed=1, samples=6, state=SearchState.load(tmp_path / "state.safetensors"),
        on_progress=seen.append,
    )  # fmt: skip
    assert torch.equal(later.after.vectors, whole.after.vectors)
    assert (later.history, later.verdict) == (whole.history, whole.verdict)
    assert [event.done for event in seen if event.stage == "searching"] == [2, 3]
    assert later.seconds > 1000 > whole.seconds


class Blind(nn.Module):
    """Of photographs, which are black, it gives NaN; the layer after it hides that."""

    def forward(self, x: Tensor) -> Tensor:
        return x / x.abs().amax((1, 2, 3), keepdim=True)


class Hiding(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.nan_to_num().mean((2, 3))


def test_nan_on_the_real_images_is_refused(tiny_generator: Generator, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "black").save(tmp_path / "black.png")
    network = nn.Sequential(Blind(), nn.Sequential(nn.AvgPool2d(2), Hiding()), nn.Linear(3, 10))
    classifier = Classifier(
        network, name="blind", fingerprint="b", class_names=CIFAR10, resolution=8, mean=(0.0,) * 3, std=(1.0,) * 3,
        feature_layer="2",
    )  # fmt: skip
    assert classifier.matching_layers == ("0", "")
    with pytest.raises(ClassifierError, match="blind gives NaN on the real images"):
        prepare_job("repair", "frog", tiny_generator, classifier, (), RealImages(8, tmp_path))


@pytest.mark.parametrize("judged", [True, False])
def test_identical_photographs_are_named_as_such(
    judged: bool, bench: Workbench, photographs: Path, tmp_path: Path
) -> None:
    """Their distances are all zero, and a share of that is NaN: the classifier was blamed."""
    for index in range(20):
        shutil.copy(photographs / "00.png", tmp_path / f"{index:02d}.png")
    same = Workbench(bench.generator, classifier=bench.classifier, judge=bench.judge if judged else None, real=tmp_path)
    with pytest.raises(ImageFolderError, match=f"all {10 if judged else 20} real images are the same"):
        same.mend("repair", "frog", config=QUICK, samples=9)
    if judged:
        with pytest.raises(ImageFolderError, match="all 20 real images are the same"):
            same.evaluate("frog", n=9)


def test_everything_is_checked_before_the_search(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier
) -> None:
    assert TASKS == ("repair", "repurpose", "debias")
    with pytest.raises(OptionError, match="unknown task 'polish'; expected one of repair, repurpose, debias"):
        prepare_job("polish", "frog", tiny_generator, tiny_classifier, (), RealImages(32))
    few = copy.copy(tiny_generator)
    few.class_names = tuple(f"class {index}" for index in range(10))
    for task in ("repair", "debias"):
        with pytest.raises(ClassNameError, match="the generator has no class 'frog'"):
            prepare_job(task, "frog", few, tiny_classifier, [judge], RealImages(32))
    assert prepare_job("repurpose", "frog", few, tiny_classifier, [judge], RealImages(32)).own_row is None


def test_without_photographs_a_class_that_is_drawn_surely_is_kept_by_a_debias(
    bench: Workbench, photographs: Path
) -> None:
    """Nothing says what it lacks. The tiny classifier is sure of frogs where its ceiling is low."""
    sure = replace(QUICK, ceiling=0.01)
    got = bench.mend("debias", "frog", config=sure, samples=6)
    assert torch.equal(got.after.vectors, got.before.vectors)
    assert (got.after.offsets, got.history) == (None, [])
    assert got.story()[0].startswith("No success: The classifier is sure of the class already (probability 0.")
    assert got.story()[0].endswith("so its row was kept; give photographs.")
    for task, config, with_them in (
        ("debias", replace(QUICK, ceiling=0.99), False), ("repair", sure, False), ("debias", sure, True),
        ("debias", replace(sure, prior_weight=0.0), False),
    ):  # fmt: skip
        searched = (with_photographs(bench, photographs) if with_them else bench).mend(
            task, "frog", config=config, samples=6
        )
        assert searched.history
