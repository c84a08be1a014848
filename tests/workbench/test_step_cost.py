"""What a step costs: how its time, its operations and the machine's best become figures."""

import sys
from collections.abc import Callable, Iterable
from itertools import count
from mmap import mmap
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from ganmend.models.protocol import Generator
from ganmend.search.config import SearchConfig
from ganmend.search.loop import search
from ganmend.targets.classifier import Classifier
from ganmend.workbench import step_cost
from ganmend.workbench.step_cost import forget_peak, machine_ceiling, measure_step, peak

# Ends of the seven steps: the first two warm up, and of the other five the median takes 3 s.
ENDS = (0.0, 50.0, 60.0, 61.0, 63.0, 66.0, 100.0)
MEDIAN = 3.0  # of 10, 1, 2, 3 and 34
CEILING = 1e6  # FLOP/s of a slow machine
# The tiny classifier at 24 pixels: 8 filters of 3 x 3 x 3 at 11 x 11 places, then 72 to 10; two operations a product.
CLASSIFIER_FLOPS = 2 * (8 * 27 * 121 + 72 * 10)


def clock(times: Iterable[float]) -> SimpleNamespace:
    return SimpleNamespace(perf_counter=iter(times).__next__)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the search is asked, with the clock and the machine's rate told."""
    seen: dict[str, object] = {}

    def watched(
        generator: Generator, classifier: Classifier, start: torch.Tensor, targets: torch.Tensor, config: SearchConfig,
        **options: Callable,
    ) -> object:  # fmt: skip
        seen.update(generator=generator, classifier=classifier, start=start, targets=targets, config=config)
        return search(generator, classifier, start, targets, config, **options)

    def ceiling(device: torch.device, dtype: torch.dtype) -> float:
        seen.update(device=device, dtype=dtype)
        return CEILING

    monkeypatch.setattr(step_cost, "search", watched)
    monkeypatch.setattr(step_cost, "machine_ceiling", ceiling)
    monkeypatch.setattr(step_cost, "time", clock(ENDS))
    return seen


def test_figures_of_a_step(searched: dict[str, object], tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    cost = measure_step(tiny_generator, tiny_classifier, batch=2, trials=3, precision="float32")
    assert (cost.precision, cost.compiled, cost.batch) == ("float32", False, 6)
    assert (cost.step_seconds, cost.images_per_second, cost.ceiling_flops) == (MEDIAN, 6 / MEDIAN, CEILING)
    # Two operations a multiply-add; the classifier's gradient to its input multiplies as often as the way forward.
    direct, done = (
        6 * (2 * multiply_adds + 2 * CLASSIFIER_FLOPS) / MEDIAN / CEILING
        for multiply_adds in tiny_generator.prepared("float32").step_multiply_adds()
    )
    assert (cost.ceiling_share, cost.arithmetic_share) == (pytest.approx(direct), pytest.approx(done))
    assert cost.peak_rss_bytes > 1 << 20


def test_what_is_timed_is_the_papers_search_of_fresh_latents(
    searched: dict[str, object], tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    cost = measure_step(tiny_generator, tiny_classifier, batch=4, precision="bfloat16", memory=0.5)
    config = searched["config"]
    assert (config.steps, config.latents, config.steps_per_draw, config.trials) == (7, 4, 1, 1)
    assert (config.validate_every, config.validation_latents, config.memory) == (7, 2, 0.5)
    assert (config.diversity, config.matching_weight, config.ceiling) == ("none", 0.0, 1.0), "log-probability alone"
    assert torch.equal(searched["start"], tiny_generator.class_embeddings[None, :1])
    assert searched["targets"].tolist() == [0]
    assert cost.precision == searched["generator"].precision == "bfloat16"
    assert searched["classifier"].dtype == searched["dtype"] == torch.bfloat16
    assert searched["device"] == torch.device("cpu")


def test_every_trial_starts_from_the_first_row(
    searched: dict[str, object], tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    cost = measure_step(tiny_generator, tiny_classifier, batch=2, trials=2)
    assert cost.precision == tiny_generator.prepared("auto").precision
    assert torch.equal(searched["start"], tiny_generator.class_embeddings[:1].expand(2, -1)[:, None])
    assert (searched["targets"].tolist(), searched["config"].memory) == ([0, 0], 0)


def test_the_compiled_generator_is_a_copy(
    searched: dict[str, object], tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[str] = []
    monkeypatch.setattr(nn.Module, "compile", lambda module, mode: modes.append(mode))  # it takes minutes
    prepared = tiny_generator.prepared("float32")
    cost = measure_step(prepared, tiny_classifier, batch=2, precision="float32", compiled=True)
    assert (cost.compiled, modes) == (True, ["reduce-overhead"])
    assert searched["generator"] is not prepared


def test_the_ceiling_is_the_faster_of_convolution_and_product(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[tuple[int, ...], torch.dtype]] = []

    def takes(*seconds: float) -> float:
        answers = iter(seconds)

        def fastest(work: Callable[[], torch.Tensor]) -> float:
            result = work()
            assert result.dim() == 2 or result.is_contiguous(memory_format=torch.channels_last)
            seen.append((tuple(result.shape), result.dtype))
            return next(answers)

        monkeypatch.setattr(step_cost, "_fastest", fastest)
        return machine_ceiling(torch.device("cpu"), torch.bfloat16)

    # 384 filters of 384 x 3 x 3 at 10 x 32 x 32 places, and 2048 ** 3 products; two operations each.
    convolving, product = 2 * 384 * 384 * 9 * 10 * 32 * 32, 2 * 2048**3
    assert takes(0.5, 100.0) == convolving / 0.5
    assert takes(100.0, 0.25) == product / 0.25
    assert seen[:2] == [((10, 384, 32, 32), torch.bfloat16), ((2048, 2048), torch.bfloat16)]


def test_the_fastest_of_half_a_second_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Half a second from 0; then (look, begin, end) of each try, and a last look.
    times = [0.0, 0.0, 0.1, 0.3, 0.3, 0.3, 0.35, 0.4, 0.4, 0.5, 0.5]
    monkeypatch.setattr(step_cost, "time", clock(times))
    runs = count()
    fastest = step_cost._fastest(lambda: torch.full((), next(runs)))
    assert fastest == pytest.approx(0.05)
    assert next(runs) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can forget a peak")
def test_the_peak_is_counted_from_when_it_was_forgotten() -> None:
    size = 128 << 20
    before = forget_peak()
    with mmap(-1, size) as pages:  # not from the heap, which may hold freed memory
        pages.write(bytes(size))
        during = peak()
    assert 0.9 * size <= during - before <= 1.5 * size, "what was allocated in between counts, in bytes"
    assert peak() >= during - (1 << 20), "and goes on counting"
    assert during - forget_peak() >= 0.9 * size, "until it is forgotten"
