"""What holds a search back where there are no photographs: samples of the classes that are healthy."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.search.prior import CLASSES, SAMPLES, healthy_rows, own_prior, prior_features, prior_layers
from ganmend.search.ranking import class_scores
from ganmend.targets.views import random_views
from tests.search.stand_ins import DIM_Z, LAYER, LinearGenerator, linear_classifier


def scores(own: list[float], diversity: list[float]) -> dict[str, torch.Tensor]:
    """Of rows whose class has the same number in the classifier."""
    return {"probabilities": torch.diag(torch.tensor(own)), "diversity": torch.tensor(diversity)}


def test_a_sick_row_is_no_example() -> None:
    even = [1.0] * 5
    assert healthy_rows(scores([0.8, 0.8, 0.8, 0.8, 0.8], even), range(5), None) == [0, 1, 2, 3, 4]
    assert healthy_rows(scores([0.8, 0.8, 0.8, 0.39, 0.41], even), range(5), None) == [0, 1, 2, 4], "unrecognised"
    assert healthy_rows(scores([0.8] * 5, [1.0, 0.59, 1.0, 0.61, 1.0]), range(5), None) == [0, 2, 3, 4], "collapsed"
    assert healthy_rows(scores([0.8] * 5, even), range(5), 2) == [0, 1, 3, 4], "the class to be mended"


def test_of_a_class_that_the_classifier_does_not_know_only_diversity_tells() -> None:
    found = healthy_rows(scores([0.8, 0.8, 0.0, 0.1, 0.8], [1.0] * 5), [0, 1, None, 3, 4], None)
    assert found == [0, 1, 2, 4]
    assert healthy_rows(scores([0.0] * 3, [1.0, 0.1, 1.0]), [None] * 3, None) == [0, 2]


def test_many_classes_are_spread_over_the_table() -> None:
    found = healthy_rows(scores([0.8] * 45, [1.0] * 45), range(45), None)
    assert len(found) == CLASSES == 10
    assert found == sorted(set(found))
    assert found[0] == 0
    assert {b - a for a, b in pairwise(found)} == {4, 5}


def test_where_nothing_is_healthy_there_is_no_prior(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert healthy_rows(scores([0.8], [1.0]), range(1), 0) == []
    generator, classifier = LinearGenerator(rows=1), linear_classifier()
    assert own_prior(generator, classifier, [None], 0, 0, views=False) is None


def test_where_no_layer_can_be_watched_there_is_no_prior(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    generator, classifier = LinearGenerator(rows=CLASSES), linear_classifier()
    classifier.matching_layers = ("",)
    assert own_prior(generator, classifier, range(CLASSES), None, 0, views=False) is None


@pytest.mark.parametrize("views", [False, True])
def test_features_are_of_own_samples_in_the_finest_layers(views: bool) -> None:
    generator, classifier = LinearGenerator(), linear_classifier()
    found = prior_features(generator, classifier, [5, 2], 3, views=views)
    z = sample_latents(3, SAMPLES, DIM_Z, purpose="prior")
    expected = []
    for row in (5, 2):
        images = generator(z, generator.class_embeddings[row])
        if views:
            images = random_views(SAMPLES, 4, 3, f"prior {row}", images.device).of(images)
        expected.append(images.mean((2, 3)))
    assert prior_layers(classifier) == (LAYER,)
    torch.testing.assert_close(found, torch.cat(expected))


def test_the_prior_of_a_search_is_of_the_rows_that_are_healthy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    generator, classifier = LinearGenerator(), linear_classifier()
    known_as = [None] * 8
    rows = healthy_rows(class_scores(generator, classifier), known_as, 6)
    assert 6 not in rows
    found = own_prior(generator, classifier, known_as, 6, 4, views=False)
    assert found is not None
    assert torch.equal(found, prior_features(generator, classifier, rows, 4, views=False))


def test_a_class_with_offsets_of_its_own_is_seen_with_them() -> None:
    """As a mended class of an exported file has them: its row alone draws something else."""
    generator, classifier = LinearGenerator(), linear_classifier()
    plain = prior_features(generator, classifier, [5, 2], 3, views=False)
    offsets = torch.randn(1, generator.n_offsets)
    generator.classes_with_offsets, generator.class_offsets = torch.tensor([5]), offsets
    found = prior_features(generator, classifier, [5, 2], 3, views=False)
    z = sample_latents(3, SAMPLES, DIM_Z, purpose="prior")
    images = generator(z, Condition(generator.class_embeddings[5], offsets[0]))
    torch.testing.assert_close(found[:SAMPLES], images.mean((2, 3)))
    assert torch.equal(found[SAMPLES:], plain[SAMPLES:])
    assert not torch.allclose(found[:SAMPLES], plain[:SAMPLES])
