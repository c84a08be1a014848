"""Every class scored once."""

import copy
from pathlib import Path

import pytest
import torch

from ganmend.models.protocol import Generator
from ganmend.search import ranking
from ganmend.targets.classifier import Classifier


@pytest.mark.parametrize(("classes", "samples"), [(10, 50), (500, 20), (1000, 10), (30_000, 10)])
def test_many_classes_are_ranked_by_fewer_samples(classes: int, samples: int, tiny_generator: Generator) -> None:
    many = copy.copy(tiny_generator)
    many._buffers = dict(many._buffers, class_embeddings=torch.zeros(classes, many.dim_embedding))
    assert ranking.samples_of(many) == samples


def test_ranking_is_cached(
    tiny_generator: Generator, tiny_classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = ranking.class_scores(tiny_generator, tiny_classifier)
    assert len(list((tmp_path / "ganmend").iterdir())) == 1
    monkeypatch.setattr(ranking, "_score", None)  # a second scoring would fail
    second = ranking.class_scores(tiny_generator, tiny_classifier)
    assert all(torch.equal(second[name], values) for name, values in first.items())
    assert torch.allclose(first["probabilities"].sum(1), torch.ones(10), atol=1e-5)
