"""Work on images where memory runs out."""

import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ganmend.errors import ClassifierError, NoMemoryError, is_out_of_memory
from ganmend.models import pieces, protocol
from ganmend.models.pieces import in_pieces, unless_memory_runs_out
from ganmend.models.protocol import Generator
from ganmend.targets import classifier as classifiers
from tests.conftest import make_classifier
from tests.models.shortage import SHORTAGES, Shortage, raise_cpu

CPU, GPU = torch.device("cpu"), torch.device("cuda")


class Work:
    """Gives the numbers from `first` on, and fails where more than `most` are asked for, or at its first calls."""

    def __init__(self, most: int = 100, failing: int = 0, run_out: Callable[[], None] = raise_cpu) -> None:
        self.most, self.failing, self.run_out = most, failing, run_out
        self.calls: list[tuple[int, int]] = []

    def __call__(self, first: int, last: int) -> Tensor:
        self.calls.append((first, last))
        if last - first > self.most or len(self.calls) <= self.failing:
            self.run_out()
        return torch.arange(first, last)


def run(work: Work, n: int, device: torch.device) -> Tensor:
    return in_pieces(work, n, torch.cat, device, image_bytes=lambda: 3_000_000, what="drawing")


@pytest.mark.parametrize("device", [CPU, GPU], ids=str)
def test_what_fits_is_done_at_once(device: torch.device) -> None:
    work = Work()
    assert run(work, 11, device).tolist() == list(range(11))
    assert run(work, 0, device).tolist() == []
    assert work.calls == [(0, 11), (0, 0)]


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_on_a_gpu_halves_are_tried_and_put_together_in_order(shortage: str) -> None:
    work = Work(3, run_out=SHORTAGES[shortage])
    assert run(work, 11, GPU).tolist() == list(range(11))
    assert work.calls == [(0, 11), (0, 6), (0, 3), (3, 6), (6, 9), (9, 11)]


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_on_a_cpu_all_are_tried_once_more_and_never_fewer(shortage: str) -> None:
    """Fewer would be computed in another order."""
    work = Work(failing=1, run_out=SHORTAGES[shortage])
    assert run(work, 11, CPU).tolist() == list(range(11))
    assert work.calls == [(0, 11)] * 2
    work = Work(3, run_out=SHORTAGES[shortage])
    with pytest.raises(NoMemoryError, match="memory ran out: drawing 11 images at once takes 33 MB; free some"):
        run(work, 11, CPU)
    assert work.calls == [(0, 11)] * 2


def test_where_one_image_does_not_fit_one_line_says_so() -> None:
    work = Work(0)
    with pytest.raises(NoMemoryError, match="drawing 1 images at once takes 3 MB; free some, or raise the limit"):
        run(work, 4, GPU)
    assert work.calls == [(0, 4), (0, 2), (0, 1)]


def test_what_a_failed_try_held_is_free_at_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[Tensor]] = []
    returned: list[int] = []
    monkeypatch.setattr(pieces, "return_freed_memory", lambda: returned.append(1))

    def work() -> str:
        assert all(reference() is None for reference in held)
        features = torch.ones(5)
        held.append(weakref.ref(features))
        if len(held) == 1:
            raise_cpu()
        return "done"

    assert unless_memory_runs_out(work) is None
    assert returned == [1]
    assert unless_memory_runs_out(work) == "done"


@pytest.mark.parametrize(
    "error", [RuntimeError("size mismatch"), ClassifierError("NaN"), KeyboardInterrupt(), OSError(2)]
)
def test_other_errors_are_no_shortage(error: BaseException) -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        unless_memory_runs_out(work)
    assert len(calls) == 1


def test_what_says_that_memory_ran_out() -> None:
    for raised in SHORTAGES.values():
        with pytest.raises((RuntimeError, MemoryError)) as caught:
            raised()
        assert is_out_of_memory(caught.value)
    said = [
        RuntimeError("std::bad_alloc"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("could not create a memory object"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object: Cannot allocate memory"),
        OSError(12, "Cannot allocate memory"),
    ]
    assert all(is_out_of_memory(error) for error in said)
    assert not any(
        is_out_of_memory(error)
        for error in (ValueError("out of memory"), RuntimeError("shape"), OSError(28, "No space"))
    )


def as_on_a_gpu(work: Callable[[int, int], object], n: int, join: object, _: object, **more: object) -> object:
    return in_pieces(work, n, join, GPU, **more)  # type: ignore[arg-type]


@torch.no_grad()
def test_a_generator_draws_pieces_of_every_condition(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    z = torch.randn(6, tiny_generator.dim_z)
    embeddings = tiny_generator.class_embeddings[:6]
    whole, of_one = tiny_generator(z, embeddings), tiny_generator(z, embeddings[0])
    monkeypatch.setattr(protocol, "in_pieces", as_on_a_gpu)
    images, sizes = type(tiny_generator).images, []

    def at_most_two(self: Generator, latents: Tensor, condition: object) -> Tensor:
        sizes.append(len(latents))
        if len(latents) > 2:
            raise_cpu()
        drawn: Tensor = images(self, latents, condition)
        return drawn

    monkeypatch.setattr(type(tiny_generator), "images", at_most_two)
    torch.testing.assert_close(tiny_generator(z, embeddings), whole, rtol=1e-4, atol=1e-4)
    assert sizes == [6, 3, 2, 2, 2]
    torch.testing.assert_close(tiny_generator(z, embeddings[0]), of_one, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_classifier_looks_at_pieces_in_every_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier, images = make_classifier(), torch.rand(5, 3, 32, 32) * 2 - 1
    logits, layers = classifier.observe(images, ("0", "2"))
    shortage = Shortage(most=2)
    classifier.network.register_forward_pre_hook(shortage)
    with pytest.raises(NoMemoryError, match=r"memory ran out: showing tiny 5 images at once takes \d+ MB"):
        classifier.observe(images)
    monkeypatch.setattr(classifiers, "in_pieces", as_on_a_gpu)
    found, seen = classifier.observe(images, ("0", "2"))
    assert shortage.sizes == [5, 5, 5, 3, 2, 2, 1]
    torch.testing.assert_close(found, logits, rtol=1e-4, atol=1e-5)
    assert seen.keys() == layers.keys()
    for name, output in layers.items():
        torch.testing.assert_close(seen[name], output, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_on_a_cpu_a_repeated_draw_is_the_same_to_the_last_bit(tiny_generator: Generator) -> None:
    z, row = torch.randn(7, tiny_generator.dim_z), tiny_generator.class_embeddings[3]
    whole, images, calls = tiny_generator(z, row), type(tiny_generator).images, []

    def once(*given: object) -> Tensor:
        calls.append(given)
        if len(calls) == 1:
            raise_cpu()
        drawn: Tensor = images(*given)  # type: ignore[arg-type]
        return drawn

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(tiny_generator), "images", once)
        assert torch.equal(tiny_generator(z, row), whole)
    assert len(calls) == 2
