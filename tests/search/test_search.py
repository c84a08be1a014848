"""Properties of the search."""

from dataclasses import replace

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.edits.bounds import table_bounds
from ganmend.errors import ClassifierError
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.targets.classifier import Classifier
from tests.conftest import FIXTURES, make_classifier

QUICK = {"steps": 6, "latents": 4, "validation_latents": 6, "validate_every": 2, "trials": 2}


def run(
    generator: Generator, classifier: Classifier, start: torch.Tensor | None = None, seed: int = 0, **changes: object
) -> SearchResult:
    config = search_config(**(QUICK | changes))  # type: ignore[arg-type]
    start = generator.class_embeddings[: config.trials, None] if start is None else start
    return search(generator, classifier, start, torch.full((len(start),), 3), config, seed=seed)


def test_same_seed_same_embedding_bit_for_bit(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    first, second = (run(tiny_generator, tiny_classifier) for _ in range(2))
    assert torch.equal(first.edits.vectors, second.edits.vectors)
    assert first.history == second.history
    assert not torch.equal(first.edits.vectors, run(tiny_generator, tiny_classifier, seed=1).edits.vectors)


@pytest.mark.parametrize("diversity", ["none", "softmax", "features", "pixels"])
def test_the_objective_improves(tiny_generator: Generator, tiny_classifier: Classifier, diversity: str) -> None:
    found = run(tiny_generator, tiny_classifier, diversity=diversity, steps=12)
    start = torch.tensor([line["objective"] for line in found.history[:2]])
    assert (found.scores > start).all()


def test_a_named_layer_can_be_phi(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    found = run(tiny_generator, tiny_classifier, diversity="features", diversity_layer="0")
    assert found.history[0]["diversity"] > 0
    with pytest.raises(ClassifierError, match="no layer"):
        run(tiny_generator, tiny_classifier, diversity="features", diversity_layer="conv9")


def test_the_best_state_is_kept_not_the_last(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    found = run(tiny_generator, tiny_classifier, learning_rate=50.0, validate_every=1)
    for trial in range(2):
        seen = [line["objective"] for line in found.history if line["trial"] == trial]
        assert found.scores[trial].item() == max(seen)
    last = run(tiny_generator, tiny_classifier, learning_rate=50.0, validate_every=1, keep="last", patience=0)
    assert last.scores[0].item() == [line["objective"] for line in last.history if line["trial"] == 0][-1]


def test_no_coordinate_is_stuck_outside_the_range(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    """The released code clamped inside the loss: outside, the gradient was zero and coordinates never came back."""
    low, high = table_bounds(tiny_generator.class_embeddings)
    outside = torch.full((1, 1, tiny_generator.dim_embedding), high + 1)
    found = run(tiny_generator, tiny_classifier, outside, keep="last", patience=0)
    assert found.edits.vectors.min() >= low
    assert found.edits.vectors.max() <= high
    assert (found.edits.vectors < high).float().mean() > 0.2


def test_trials_do_not_touch_each_other(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    rows = tiny_generator.class_embeddings[:3, None]
    together = run(tiny_generator, tiny_classifier, rows, patience=0)
    for trial in range(3):
        alone = run(tiny_generator, tiny_classifier, rows[trial : trial + 1], patience=0)
        # Another batch size may sum in another order: 1e-7 a step, amplified by Adam's division at small gradients.
        torch.testing.assert_close(alone.edits.vectors[0], together.edits.vectors[trial], rtol=0, atol=1e-3)


def test_early_stop(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    found = run(
        tiny_generator, tiny_classifier, steps=40, validate_every=1, patience=2, learning_rate=1e-30, capacity="row"
    )
    assert max(line["step"] for line in found.history) == 2


def test_latent_map_starts_at_the_identity(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    plain = run(tiny_generator, tiny_classifier)
    mapped = run(tiny_generator, tiny_classifier, latent_map=True)
    assert mapped.history[0]["objective"] == pytest.approx(plain.history[0]["objective"], abs=1e-5)
    assert mapped.edits.latent_map is not None
    assert not torch.equal(mapped.edits.latent_map[0], torch.eye(tiny_generator.dim_z))


def test_ctrl_c_returns_the_best_so_far(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    start = tiny_generator.class_embeddings[:1, None]
    found = search(
        tiny_generator, tiny_classifier, start, torch.tensor([3]), search_config(**QUICK), on_progress=interrupt
    )
    assert found.interrupted
    assert found.scores.isfinite().all()


def test_nothing_is_left_with_a_gradient(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    """The released code let weight gradients of both networks pile up."""
    run(tiny_generator, tiny_classifier)
    tensors = [*tiny_generator.parameters(), *tiny_generator.buffers(), *tiny_classifier.parameters()]
    assert all(tensor.grad is None and not tensor.requires_grad for tensor in tensors)


def test_several_vectors(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    start = tiny_generator.class_embeddings[:4].view(2, 2, -1)
    found = run(tiny_generator, tiny_classifier, start, vectors=2)
    assert found.edits.vectors.shape == start.shape
    assert not torch.equal(found.edits.vectors[0, 0], found.edits.vectors[0, 1])


def test_matching_real_features(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    config = search_config(**(QUICK | {"matching_weight": 5.0, "steps": 12}))
    start = tiny_generator.class_embeddings[:1, None]
    features = tiny_classifier.matching_features(torch.rand(20, 3, 32, 32) * 2 - 1)
    found = search(tiny_generator, tiny_classifier, start, torch.tensor([3]), config, real_features=features)
    matching = [line["matching"] for line in found.history]
    assert min(matching[1:]) < matching[0]


def test_the_weight_decay_depends_on_who_leads(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    config, start = search_config(**QUICK | {"steps": 1}), tiny_generator.class_embeddings[:2, None]
    features = tiny_classifier.matching_features(torch.rand(20, 3, 32, 32) * 2 - 1)

    def decay(real: torch.Tensor | None, config: SearchConfig = config) -> float | None:
        targets = torch.tensor([3, 3])
        return search(tiny_generator, tiny_classifier, start, targets, config, real_features=real).config.weight_decay

    assert decay(None) == 0.9
    assert decay(features) == 0.0
    assert decay(features, replace(config, matching_weight=0.0)) == 0.9
    assert decay(None, replace(config, weight_decay=0.1)) == 0.1


def test_a_classifier_that_gives_nan_is_refused(tiny_generator: Generator) -> None:
    with pytest.raises(ClassifierError, match="NaN"):
        run(tiny_generator, make_classifier(bias=float("nan")))


def test_latents_follow_the_generators_truncation(tiny_classifier: Classifier) -> None:
    generator = load_generator(FIXTURES / "brock_biggan_32.pth", truncation=0.3)
    seen: list[torch.Tensor] = []

    def catch(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        seen.append(inputs[0])

    generator.register_forward_pre_hook(catch)
    start = generator.class_embeddings[None, :1]
    search(generator, tiny_classifier, start, torch.tensor([3]), search_config(steps=1, latents=4, trials=1))
    assert max(z.abs().max().item() for z in seen) <= 0.6
