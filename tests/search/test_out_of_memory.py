"""Memory runs out in a search: the step is repeated with less, and what is found stays the same to the last bit."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import nn

from ganmend.errors import GanmendWarning, NoMemoryError
from ganmend.models.protocol import Generator
from ganmend.search import observation
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.feature_memory import FeatureMemory
from ganmend.search.loop import SearchResult, search
from ganmend.search.observation import Observer
from ganmend.search.searched import tensors_of
from ganmend.targets.classifier import Classifier
from tests.models.shortage import SHORTAGES, Shortage

GPU = torch.device("cuda")
STEPS, PARTS = 4, 5  # of 18 images


@pytest.fixture(autouse=True)
def _four_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "PART_BYTES", {"cpu": 1})


def run(generator: Generator, classifier: Classifier, **changes: object) -> SearchResult:
    settings = {"steps": STEPS, "latents": 9, "trials": 2, "validate_every": 2, "validation_latents": 2}
    rows = generator.class_embeddings[:2, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GanmendWarning)
        return search(
            generator, classifier, rows, torch.tensor([3, 4]), search_config(**settings | {"memory": 1e3} | changes)
        )


@contextmanager
def hooked(module: nn.Module, hook: object) -> Iterator[None]:
    handle = module.register_forward_pre_hook(hook)  # type: ignore[arg-type]
    yield
    handle.remove()


def assert_same(found: SearchResult, expected: SearchResult) -> None:
    for mine, theirs in zip(tensors_of(found.edits).values(), tensors_of(expected.edits).values(), strict=True):
        assert torch.equal(mine, theirs)
    assert found.history == expected.history


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_half_as_many_parts_are_kept_from_then_on(
    shortage: str, tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    whole = run(tiny_generator, tiny_classifier)
    # In the second step, at its fourth part: until then five are kept, then two, and three are drawn twice.
    out = Shortage((PARTS + 3,), run_out=SHORTAGES[shortage], gradient=True)
    with hooked(tiny_generator, out):
        found = run(tiny_generator, tiny_classifier)
    assert len(out.sizes) == PARTS + 4 + 3 * (PARTS + 3)
    assert set(out.sizes) == {3, 4}, "the parts themselves stay as they are"
    assert_same(found, whole)


def test_it_is_halved_until_it_fits(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    whole = run(tiny_generator, tiny_classifier)
    out = Shortage((4, 9), gradient=True)  # the fifth part of the first try, and of the second
    with hooked(tiny_generator, out):
        found = run(tiny_generator, tiny_classifier)
    assert len(out.sizes) == 2 * PARTS + STEPS * (PARTS + 4)
    assert_same(found, whole)


def test_on_the_way_back_too(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    """At a part that is drawn again, when gradients of others are there already."""
    whole = run(tiny_generator, tiny_classifier)
    memory = 2.5e-9 * 4 * Observer(tiny_generator, tiny_classifier, SearchConfig()).image_bytes
    out = Shortage((PARTS + 1,), gradient=True)
    with hooked(tiny_generator, out):
        found = run(tiny_generator, tiny_classifier, memory=memory)
    assert len(out.sizes) == PARTS + 2 + STEPS * (PARTS + 4)
    assert_same(found, whole)


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_in_the_optimiser_too(
    shortage: str, tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When edits and moments have moved already."""
    whole = run(tiny_generator, tiny_classifier)
    steps, calls = torch.optim.Adam.step, []

    def step(adam: torch.optim.Adam) -> None:
        steps(adam)
        calls.append(1)
        if len(calls) == 2:
            SHORTAGES[shortage]()

    monkeypatch.setattr(torch.optim.Adam, "step", step)
    found = run(tiny_generator, tiny_classifier)
    assert len(calls) == STEPS + 1
    assert_same(found, whole)


def test_a_single_part_is_tried_once_more_in_each_step(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    whole = run(tiny_generator, tiny_classifier, latents=2)
    out = Shortage((0, 3), gradient=True)  # the first try of steps 1 and 3
    with hooked(tiny_generator, out):
        assert_same(run(tiny_generator, tiny_classifier, latents=2), whole)
    assert out.sizes == [4] * (STEPS + 2)


def test_where_a_single_part_does_not_fit_one_line_says_what_it_takes(
    tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    """Fewer images at once would change the embedding."""
    part = 4 * Observer(tiny_generator, tiny_classifier, SearchConfig()).image_bytes / 1e6
    out = Shortage(range(100), gradient=True)
    with (
        hooked(tiny_generator, out),
        pytest.raises(NoMemoryError, match=f"takes {part:.0f} MB for the features of 4 images at once") as refusal,
    ):
        run(tiny_generator, tiny_classifier)
    assert len(str(refusal.value).splitlines()) == 1
    assert len(out.sizes) == 3, "five parts kept, two, one"


def test_a_validation_is_tried_once_more(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    """Where no gradient is wanted nothing is kept, and there is nothing to halve."""
    whole = run(tiny_generator, tiny_classifier)
    with hooked(tiny_classifier.network, Shortage((0,))):
        assert_same(run(tiny_generator, tiny_classifier), whole)
    with (
        hooked(tiny_classifier.network, Shortage((0, 1))),
        pytest.raises(NoMemoryError, match="showing tiny 4 images at once"),
    ):
        run(tiny_generator, tiny_classifier)


def test_a_limit_that_shrinks_counts_from_the_next_step(
    tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tiny_generator, tiny_classifier)
    part = 4 * Observer(tiny_generator, tiny_classifier, SearchConfig()).image_bytes
    parts = iter([9, 3.5, 0, 2])
    monkeypatch.setattr("ganmend.search.loop.memory_for_gradients", lambda _: lambda: next(parts) * part)
    out = Shortage(gradient=True)
    with hooked(tiny_generator, out):
        assert_same(run(tiny_generator, tiny_classifier, memory=0), whole)
    assert len(out.sizes) == 4 * PARTS + 0 + 2 + 4 + 3


def test_on_a_gpu_a_part_that_does_not_fit_is_divided() -> None:
    memory = FeatureMemory()
    assert memory.parts_kept([6, 5], 1_000_000) == 2
    memory.take_less(GPU, 1)
    assert (memory.parts_kept([6, 5], 1_000_000), memory.divided) == (1, 1)
    memory.take_less(GPU, 2)
    assert memory.divided == 2
    memory.parts_kept([3, 3, 3, 2], 1_000_000)
    memory.take_less(GPU, 3)
    assert memory.divided == 4
    memory.parts_kept([1] * 11, 1_000_000)
    with pytest.raises(NoMemoryError, match="takes 1 MB for the features of 1 images"):
        memory.take_less(GPU, 4)


def test_a_divided_part_has_fewer_images(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    observer = Observer(tiny_generator, tiny_classifier, SearchConfig())
    for divided, images in ((1, 4), (2, 2), (4, 1), (8, 1)):
        observer.memory.divided = divided
        assert observer.images_at_once == images
        with torch.no_grad():
            assert observer.images_at_once > 4, "parts without gradient are another matter"


def test_other_errors_of_a_step_are_not_repeated(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    def wrong() -> None:
        raise RuntimeError("a size of 3 came")

    out = Shortage((0,), run_out=wrong, gradient=True)
    with hooked(tiny_generator, out), pytest.raises(RuntimeError, match="a size of 3 came"):
        run(tiny_generator, tiny_classifier)
    assert len(out.sizes) == 1


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="Linux tells what a process has, others do not")
@pytest.mark.long
def test_under_a_real_limit_the_same_is_found() -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # threads would take addresses of their own
    done = subprocess.run(
        [sys.executable, "-m", "tests.search.limited"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    tries = [int(kept) for kept in done.stdout.split()]
    assert tries[0] == 15, "all of fifteen parts"
    assert tries == sorted(tries, reverse=True)
    assert len(tries) > 1, "the one step was repeated"
