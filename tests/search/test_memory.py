"""What a step may hold: memory bounds it, and never changes what is found."""

import math
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import GanmendWarning
from ganmend.models.protocol import Generator
from ganmend.search import observation
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.feature_memory import FeatureMemory
from ganmend.search.loop import SearchResult, search
from ganmend.search.observation import Observer
from ganmend.search.searched import tensors_of
from ganmend.targets.classifier import Classifier
from ganmend.targets.views import random_views
from tests.conftest import CIFAR10, make_classifier

IMAGES = 18  # of a step: five parts, of four images or three


@pytest.fixture
def four_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "PART_BYTES", {"cpu": 1})


@contextmanager
def drawn(generator: Generator) -> Iterator[list[int]]:
    """How many images each call draws while a gradient is wanted: the first time, or again on the way back."""
    sizes: list[int] = []

    def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if torch.is_grad_enabled():
            sizes.append(len(inputs[0]))

    handle = generator.register_forward_pre_hook(note)
    yield sizes
    handle.remove()


def searched(generator: Generator, classifier: Classifier, memory: float, capacity: str) -> SearchResult:
    config = search_config(
        steps=2, latents=9, trials=2, validate_every=2, validation_latents=2, memory=memory, capacity=capacity
    )
    real = classifier.matching_features(torch.rand(7, 3, 32, 32, generator=torch.Generator().manual_seed(2)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GanmendWarning)
        return search(
            generator, classifier, generator.class_embeddings[:2, None], torch.tensor([3, 4]), config,
            real_features=real,
        )  # fmt: skip


def given(memory: float) -> FeatureMemory:
    return FeatureMemory(lambda: memory)


def part_bytes(generator: Generator, classifier: Classifier) -> int:
    return 4 * Observer(generator, classifier, SearchConfig()).image_bytes


@pytest.mark.usefixtures("four_at_once")
@pytest.mark.parametrize("capacity", ["row", "norms"])
def test_memory_never_changes_the_edit(
    capacity: str, tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last bit: only more of the same parts are drawn again, the first ones first."""
    part, results, calls = part_bytes(tiny_generator, tiny_classifier) / 1e9, [], []
    for memory in (100 * part, 2.5 * part, part / 1000):
        with drawn(tiny_generator) as sizes:
            results.append(searched(tiny_generator, tiny_classifier, memory, capacity))
        calls.append(len(sizes) / 2)  # of two steps
        assert set(sizes) == {3, 4}
    assert calls == [5, 5 + 3, 5 + 4]
    # The same of what the system has left.
    monkeypatch.setattr("ganmend.search.loop.memory_for_gradients", lambda _: lambda: 2.5e9 * part)
    with drawn(tiny_generator) as sizes:
        results.append(searched(tiny_generator, tiny_classifier, 0, capacity))
    assert len(sizes) == 2 * (5 + 3)
    for other in results[1:]:
        mine, theirs = tensors_of(other.edits), tensors_of(results[0].edits)
        assert ("offsets" in mine) == (capacity == "norms")
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
        assert other.history == results[0].history


@pytest.mark.parametrize("diversity", ["none", "softmax", "features", "pixels"])
@pytest.mark.parametrize("memory", [math.inf, 0], ids=["plenty", "none"])
def test_parts_see_what_the_whole_sees(
    diversity: str, memory: float, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sample with its own embedding, latent and offsets; and the gradient comes back to all three."""
    classifier, config = make_classifier(), SearchConfig(diversity=diversity)
    numbers = torch.Generator().manual_seed(1)
    edits = EditTensors(
        tiny_generator.class_embeddings[:4].unflatten(0, (2, 2)).clone(),  # (4, dim) -> (2 trials, 2 vectors, dim)
        torch.randn(2, tiny_generator.dim_z, tiny_generator.dim_z, generator=numbers) / 5,
        torch.randn(2, tiny_generator.n_offsets, generator=numbers) / 10,
    )
    leaves = [part.requires_grad_() for part in (edits.vectors, edits.latent_map, edits.offsets) if part is not None]
    z = torch.randn(IMAGES // 2, tiny_generator.dim_z, generator=numbers)
    found = []
    for part in (1 << 40, 1):
        monkeypatch.setattr(observation, "PART_BYTES", {"cpu": part})
        observer = Observer(tiny_generator, classifier, config, classifier.matching_layers, given(memory))
        with drawn(tiny_generator) as sizes:
            seen = observer.observe(
                *edits.condition(z), random_views(IMAGES, tiny_generator.resolution, 0, "test", z.device)
            )
            assert tuple(seen.means) == classifier.matching_layers
            outputs = torch.cat([seen.logits, seen.phi, *seen.means.values()], 1)
            gradients = torch.autograd.grad(outputs, leaves, torch.sin(torch.arange(outputs.numel())).view_as(outputs))
        assert sizes[:5] == ([4, 4, 4, 3, 3] if part == 1 else [IMAGES])
        found.append((outputs, *gradients))
    for got, expected in zip(found[1], found[0], strict=True):
        # float32: batches of another size sum in another order.
        torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)


class Live(TorchDispatchMode):
    """Counts the bytes of all arrays that are there at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.known: set[int] = set()

    def __torch_dispatch__(self, func: object, types: object, args: tuple = (), kwargs: dict | None = None) -> object:  # type: ignore[type-arg]
        result = func(*args, **(kwargs or {}))  # type: ignore[operator]
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self.note(tensor.untyped_storage())
        return result

    def note(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key not in self.known:
            self.known.add(key)
            self.now += size
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self.freed, key, size)

    def freed(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.now -= size


def wide_classifier() -> Classifier:
    """Its features take many times what the tiny generator's take."""
    network = nn.Sequential()
    for index in range(6):
        network.append(nn.Conv2d(64 if index else 3, 64, 3, padding=1)).append(nn.ReLU())
    network.append(nn.AdaptiveAvgPool2d(1)).append(nn.Flatten()).append(nn.Linear(64, 10))
    return Classifier(
        network, name="wide", fingerprint="", class_names=CIFAR10, resolution=32, mean=(0.5,) * 3, std=(0.5,) * 3,
        feature_layer="14",
    )  # fmt: skip


@pytest.mark.usefixtures("four_at_once")
def test_what_is_counted_is_what_a_step_takes(tiny_generator: Generator) -> None:
    """Of generator and classifier, the way back included; without the classifier's it would be a quarter."""
    classifier = wide_classifier()
    part, most = part_bytes(tiny_generator, classifier), []
    assert classifier.pass_bytes.gradient > 3 * tiny_generator.gradient_bytes
    z = torch.randn(IMAGES, tiny_generator.dim_z)
    for memory in (math.inf, 2 * part, 0):
        embedding = tiny_generator.class_embeddings[:1, None].clone().requires_grad_()
        observer = Observer(tiny_generator, classifier, SearchConfig(), (), given(memory))
        with Live() as live:
            observer.observe(*EditTensors(embedding).condition(z)).logits.sum().backward()
        most.append(live.most)
    plenty, some, little = most
    assert 0.4 * part < little < 1.1 * part
    assert 0.8 * part < some < 2.1 * part
    assert plenty > 3 * little


def test_less_than_a_part_takes_is_said(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    least = 10 * Observer(tiny_generator, tiny_classifier, SearchConfig()).image_bytes  # ten images are one part
    config = {"steps": 1, "latents": 5, "trials": 2, "validation_latents": 2}
    given = tiny_generator, tiny_classifier, tiny_generator.class_embeddings[:2, None], torch.tensor([3, 4])
    said = f"memory of {0.99 * least / 1e6:.0f} MB is less than the {least / 1e6:.0f} MB that 10 images at once take"
    with pytest.warns(GanmendWarning, match=said):
        search(*given, search_config(memory=0.99e-9 * least, **config))
    search(*given, search_config(memory=1.01e-9 * least, **config))


@pytest.mark.parametrize("gradient", [True, False])
def test_large_images_come_by_four_at_least_and_small_ones_by_bytes(
    gradient: bool, tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer(tiny_generator, tiny_classifier, SearchConfig())
    image = observer.image_bytes if gradient else tiny_generator.drawing_bytes + tiny_classifier.pass_bytes.drawing
    with torch.set_grad_enabled(gradient):
        for images, at_once in ((9.5, 9), (0.5, 4 if gradient else 1)):
            monkeypatch.setattr(observation, "PART_BYTES", {"cpu": int(images * image)})
            monkeypatch.setattr(observation, "DRAWING_MEMORY", int(images * image))
            assert observer.images_at_once == at_once


def test_the_presets_take_the_bundled_generator_in_one_part() -> None:
    """Their figures were measured so: 24 images a step, or three trials of ten."""
    from ganmend.catalog.load import load_generator
    from ganmend.targets.load import load_classifier

    observer = Observer(load_generator("demo"), load_classifier("demo:search"), SearchConfig())
    assert observer.images_at_once >= 30
    with torch.no_grad():
        assert observer.images_at_once >= 3 * 64
