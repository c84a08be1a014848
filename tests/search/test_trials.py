"""The objective of a trial is what the paper's equations say: every sign, weight and part."""

from dataclasses import replace

import pytest
import torch

from ganmend.edits.class_edit import EditTensors
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.trials import Judgement, Scores, score_trials
from tests.search.by_hand import Task, Terms, terms
from tests.search.stand_ins import DIM_EMBEDDING, DIM_Z, LAYER, LinearGenerator, linear_classifier

PAIRS = torch.tensor([[0, 3], [1, 2], [4, 5]])
PARTS = ("objective", "log_probability", "probability", "diversity", "matching", "prior")


def scored(
    config: SearchConfig, edits: EditTensors, real: torch.Tensor | None = None, target: int = 2
) -> tuple[Scores, Task, torch.Tensor]:
    generator, classifier, z = LinearGenerator(), linear_classifier(), torch.randn(6, DIM_Z)
    features = None if real is None else classifier.matching_features(real)
    judgement = Judgement(generator, classifier, torch.full((len(edits.vectors),), target), config, features)
    return score_trials(judgement, edits, z, PAIRS), Task(generator, classifier, target, config, real), z


@pytest.mark.parametrize(
    "changes",
    [
        {"diversity": "none"},
        {"diversity": "none", "ceiling": 1.0},
        {"diversity": "softmax", "diversity_weight": 2.0},
        {"diversity": "features", "diversity_weight": 0.5},
        {"diversity": "features", "diversity_layer": LAYER},
        {"diversity": "pixels"},
        {"diversity": "pixels", "matching_weight": 3.0},
        {"diversity": "none", "matching_weight": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize(("vectors", "mapped"), [(1, False), (2, True), (3, False)])
def test_every_part_is_as_computed_by_hand(changes: dict[str, object], vectors: int, mapped: bool) -> None:
    edits = EditTensors(torch.randn(2, vectors, DIM_EMBEDDING), torch.randn(2, DIM_Z, DIM_Z) if mapped else None)
    config = search_config(**{"ceiling": 0.3} | changes)
    real = torch.randn(5, 3, 4, 4) if "matching_weight" in changes else None
    found, task, z = scored(config, edits, real)
    for trial in range(2):
        latent_map = None if edits.latent_map is None else edits.latent_map[trial]
        expected = terms(task, edits.vectors[trial], latent_map, z, PAIRS)
        for part in PARTS:
            # float32 in another order of summation: 1e-6 of terms up to about 10.
            torch.testing.assert_close(
                getattr(found, part)[trial], getattr(expected, part), rtol=1e-4, atol=1e-4, msg=part
            )


def held_back(changes: dict[str, object]) -> tuple[Scores, list[Terms], Judgement]:
    """Scores of two trials that are compared with healthy images, and the same by hand."""
    generator, classifier, z = LinearGenerator(), linear_classifier(), torch.randn(6, DIM_Z)
    config = search_config(**{"prior_weight": 3.0, "matching_weight": 0.0, "ceiling": 0.3} | changes)
    healthy, edits = torch.randn(5, 3, 4, 4), EditTensors(torch.randn(2, 1, DIM_EMBEDDING))
    colours = healthy.mean((2, 3))  # what the finest layer, the pixels, gives, averaged over space
    judgement = Judgement(generator, classifier, torch.tensor([2, 2]), config, prior=colours)
    task = Task(generator, classifier, 2, config, healthy=healthy)
    by_hand = [terms(task, vectors, None, z, PAIRS) for vectors in edits.vectors]
    return score_trials(judgement, edits, z, PAIRS), by_hand, judgement


@pytest.mark.parametrize(
    "changes",
    [{}, {"floor": 0.25, "prior_weight": 0.5}, {"floor": 0.05, "ceiling": 1.0}, {"diversity": "none"}],
    ids=str,
)
def test_what_holds_a_search_back_is_as_computed_by_hand(changes: dict[str, object]) -> None:
    found, by_hand, _ = held_back(changes)
    for trial, expected in enumerate(by_hand):
        for part in PARTS:
            got, wanted = getattr(found, part)[trial], getattr(expected, part)
            torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-4, msg=part)


def test_healthy_classes_count_only_with_a_weight_and_beside_real_images() -> None:
    _, _, judgement = held_back({})
    assert judgement.observer.layers == (LAYER,), "the finest layers, none of what the classifier makes of them"
    assert replace(judgement, config=search_config(prior_weight=0.0)).observer.layers == ()
    both = replace(judgement, config=search_config(prior_weight=1.0), real_features=torch.randn(5, 15))
    assert both.observer.layers == (LAYER, "")
    z, edits = torch.randn(6, DIM_Z), EditTensors(torch.randn(2, 1, DIM_EMBEDDING))
    found = score_trials(both, edits, z, PAIRS)
    for one in (replace(both, real_features=None), replace(both, prior=None)):
        alone = score_trials(one, edits, z, PAIRS)
        for part in ("matching", "prior"):
            if getattr(alone, part).any():
                torch.testing.assert_close(getattr(found, part), getattr(alone, part))


def test_a_search_that_looks_at_views_gives_each_trial_the_same() -> None:
    generator, classifier, z = LinearGenerator(), linear_classifier(), torch.randn(6, DIM_Z)
    judgement = Judgement(generator, classifier, torch.tensor([2, 2, 1]), search_config(views=True))
    vectors = torch.randn(1, 1, DIM_EMBEDDING)
    views = judgement.views(6, 3, "step 1")
    assert views is not None
    found = score_trials(judgement, EditTensors(vectors.repeat(3, 1, 1)), z, PAIRS, views)
    expected = classifier(views.of(generator(z, vectors[0, 0]))).softmax(1).mean(0)
    torch.testing.assert_close(found.probability, expected[[2, 2, 1]])
    plain = replace(judgement, config=search_config(views=False))
    assert plain.views(6, 3, "step 1") is None


def test_each_trial_has_its_own_target() -> None:
    generator, classifier, z = LinearGenerator(), linear_classifier(), torch.randn(6, DIM_Z)
    edits = EditTensors(torch.randn(1, 1, DIM_EMBEDDING).expand(4, -1, -1))
    found = score_trials(Judgement(generator, classifier, torch.arange(4), SearchConfig()), edits, z, PAIRS)
    expected = classifier(generator(z, edits.vectors[0, 0])).softmax(1).mean(0)
    torch.testing.assert_close(found.probability, expected)


def test_only_the_objective_carries_a_gradient() -> None:
    edits = EditTensors(torch.randn(2, 1, DIM_EMBEDDING, requires_grad=True))
    found, _, _ = scored(search_config(matching_weight=1.0), edits, torch.randn(5, 3, 4, 4))
    assert [part for part in PARTS if getattr(found, part).requires_grad] == ["objective"]


def test_real_images_count_only_with_a_weight() -> None:
    edits, real = EditTensors(torch.randn(1, 1, DIM_EMBEDDING)), torch.randn(5, 3, 4, 4)
    config = search_config(matching_weight=0.0)
    found, task, _ = scored(config, edits, real)
    assert found.matching.tolist() == [0.0]
    features = task.classifier.matching_features(real)
    judgement = Judgement(task.generator, task.classifier, torch.tensor([2]), config, features)
    assert judgement.observer.layers == ()
    assert replace(judgement, config=search_config(matching_weight=0.1)).observer.layers == (LAYER, "")
    assert replace(judgement, config=SearchConfig(), real_features=None).observer.layers == ()
