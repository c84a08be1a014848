"""What each capacity searches: one vector, a vector of its own for each norm, or free gains and biases."""

import pytest
import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator
from ganmend.search.config import CAPACITIES, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.state import SearchState
from ganmend.search.trials import Judgement, score_trials
from ganmend.targets.classifier import Classifier
from tests.search.stand_ins import CLASSES, DIM_EMBEDDING, DIM_Z, FREE, LinearGenerator, linear_classifier

QUICK = {
    "steps": 40,
    "latents": 6,
    "validation_latents": 6,
    "diversity": "none",
    "ceiling": 1.0,
    "weight_decay": 0.0,
    "learning_rate": 0.1,
} | FREE


def patch_means(pixels: Tensor) -> Tensor:
    """What the classifier's last layer sees of images (N, 48): (N, 12)."""
    return linear_classifier().network[1](pixels.view(-1, 3, 4, 4)).flatten(1)


def seen_by_offsets_alone(generator: LinearGenerator) -> Classifier:
    """Class 2 is a direction that offsets change, and neither latents nor embeddings do; the other logits are 0."""
    others = torch.linalg.qr(patch_means(torch.cat([generator.a, generator.b])).T).Q  # (12, 7) orthonormal columns
    direction = patch_means(generator.c).sum(0)
    direction = direction - others @ (others.T @ direction)
    weight = torch.zeros(CLASSES, 12)
    weight[2] = direction / direction.norm()
    return linear_classifier(weight=weight)


@pytest.mark.parametrize(("capacity", "reaches"), [("row", False), ("layers", True), ("norms", True)])
def test_what_only_offsets_can_reach(capacity: str, reaches: bool) -> None:
    generator, start = LinearGenerator(), torch.zeros(1, 1, DIM_EMBEDDING)
    config = search_config(**QUICK | {"capacity": capacity, "offsets_learning_rate": 0.3})
    found = search(generator, seen_by_offsets_alone(generator), start, torch.tensor([2]), config)
    first, last = found.history[0]["target_probability"], found.history[-1]["target_probability"]
    assert first == pytest.approx(1 / CLASSES, abs=1e-4), "every vector shows all classes alike"
    assert (last > 0.8) if reaches else last == pytest.approx(first, abs=1e-4)


def test_the_gradient_of_offsets_is_the_objectives_slope() -> None:
    """By finite differences, with every term of the objective, trial by trial."""
    generator, classifier = LinearGenerator(), linear_classifier()
    generator.double()
    generator.a, generator.b, generator.c = generator.a.double(), generator.b.double(), generator.c.double()
    classifier = classifier.in_precision(torch.float64)
    real = classifier.matching_features(torch.randn(5, 3, 4, 4).double())
    config = search_config(matching_weight=2.0, diversity="features", diversity_weight=0.5, ceiling=1.0)
    judgement = Judgement(generator, classifier, torch.tensor([1, 2]), config, real)
    z, pairs = torch.randn(4, DIM_Z).double(), torch.tensor([[0, 1], [2, 3]])
    vectors, maps = torch.randn(2, 2, DIM_EMBEDDING).double(), torch.randn(2, DIM_Z, DIM_Z).double()

    def objective(offsets: Tensor) -> Tensor:
        return score_trials(judgement, EditTensors(vectors, maps, offsets), z, pairs).objective

    offsets = torch.randn(2, generator.n_offsets).double().requires_grad_()
    # Logits are float32, about 1: differences over 0.02 are exact to 1e-5; the third derivative adds 1e-2 squared.
    assert torch.autograd.gradcheck(objective, offsets, eps=1e-2, atol=1e-3, rtol=1e-3)
    of_the_first = torch.autograd.grad(objective(offsets)[0], offsets)[0]
    assert (of_the_first[0].abs() > 1e-3).all()
    assert (of_the_first[1] == 0).all(), "trials do not touch each other"


@pytest.fixture(scope="module")
def found(tiny_generator: Generator, tiny_classifier: Classifier) -> dict[str, tuple[SearchResult, list[SearchState]]]:
    """A search of each capacity from the same starts; its states by the way."""
    results = {}
    for capacity in CAPACITIES:
        states: list[SearchState] = []
        config = search_config(
            steps=6, latents=4, validation_latents=6, validate_every=3, trials=2, keep="last", learning_rate=0.1,
            decay_learning_rate=False, weight_decay=0.0, capacity=capacity,
        )  # fmt: skip
        start = tiny_generator.class_embeddings[:2, None]
        found = search(tiny_generator, tiny_classifier, start, torch.tensor([3, 4]), config, on_state=states.append)
        results[capacity] = found, states
    return results


Found = dict[str, tuple[SearchResult, list[SearchState]]]


def test_every_capacity_starts_at_the_same_images(found: Found) -> None:
    row, *others = ([line["objective"] for line in found[capacity][0].history[:2]] for capacity in CAPACITIES)
    for other in others:
        assert other == pytest.approx(row, rel=1e-5)  # with offsets of 0 the batch is computed the same way but once


def test_an_edit_holds_what_its_capacity_says(found: Found, tiny_generator: Generator) -> None:
    for capacity, (result, _) in found.items():
        assert result.edits.vectors.shape == (2, 1, tiny_generator.dim_embedding)
        if capacity == "row":
            assert result.edits.offsets is None
        else:
            assert result.edits.offsets is not None
            assert result.edits.offsets.shape == (2, tiny_generator.n_offsets)
            assert not result.edits.offsets.requires_grad
            assert (result.edits.offsets[0] != result.edits.offsets[1]).any()


def test_layers_are_embeddings_of_the_tables_range(found: Found, tiny_generator: Generator) -> None:
    """Their offsets are those that each norm's own embedding gives; free ones are not of that kind."""
    table = tiny_generator.class_embeddings
    for state in found["layers"][1]:
        assert state.layers is not None
        own = state.edits.vectors + state.layers  # (trials, 1, dim) + (trials, norms, dim)
        assert own.min() >= table.min() - 1e-6
        assert own.max() <= table.max() + 1e-6
        assert state.edits.offsets is not None
        torch.testing.assert_close(state.edits.offsets, tiny_generator.offsets_of(state.layers))
    assert (own > table.max() - 1e-6).any(), "the case: steps lead outside"
    assert all(state.layers is None for state in found["norms"][1] + found["row"][1])


def test_offsets_have_a_rate_of_their_own(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    """Adam's first step moves each coordinate by the rate, whatever the gradient."""
    start = torch.zeros(1, 1, tiny_generator.dim_embedding)
    config = search_config(
        steps=1, latents=4, validation_latents=2, keep="last", learning_rate=0.01, weight_decay=0.0, capacity="norms",
        offsets_learning_rate=0.003,
    )  # fmt: skip
    moved = search(tiny_generator, tiny_classifier, start, torch.tensor([3]), config).edits
    assert moved.offsets is not None
    for tensor, rate in ((moved.vectors, 0.01), (moved.offsets, 0.003)):
        assert tensor.abs().median().item() == pytest.approx(rate, rel=1e-3)
        assert tensor.abs().max().item() == pytest.approx(rate, rel=1e-3)


def test_what_is_kept_draws_what_was_validated(
    found: Found, tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    """A state's edits are whole: they draw without the search that moved them."""
    from ganmend.search.validation import Validation

    for result, _ in found.values():
        judgement = Judgement(tiny_generator, tiny_classifier, torch.tensor([3, 4]), result.config)
        with torch.no_grad():
            assert torch.equal(Validation(judgement, 0).score(result.edits).objective, result.scores)
    z = torch.randn(3, tiny_generator.dim_z)
    images = [tiny_generator(z, Condition(r.best.vectors[0], r.best.offsets)) for r, _ in found.values()]
    assert not torch.equal(images[0], images[1])
    assert not torch.equal(images[1], images[2])
