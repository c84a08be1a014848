"""What was computed for one generator, classifier or search is never taken for another's."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.errors import OptionError
from ganmend.progress import Progress
from ganmend.search.config import SearchConfig
from ganmend.search.loop import SearchResult, search
from ganmend.search.ranking import class_scores
from ganmend.search.state import SearchState
from ganmend.targets.classifier import Classifier
from tests.conftest import FIXTURES
from tests.search.stand_ins import DIM_EMBEDDING, LinearGenerator, linear_classifier

TINY = FIXTURES / "brock_biggan_32.pth"


@pytest.mark.parametrize("other", [{"bn_eps": 1e-2}, {"sn_eps": 2.0}], ids=["eps of the norms", "eps of the weights"])
def test_an_eps_makes_another_ranking(
    other: dict[str, float], tiny_classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fingerprint is of the stored weights, which an eps does not change; what they draw it does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows: list[Progress] = []
    for options in ({}, other, {}):
        class_scores(load_generator(TINY, **options), tiny_classifier, on_progress=rows.append)
    assert len(rows) == 20, "twice ten rows; the third time the cache answered"


def test_the_classifiers_precision_makes_another_ranking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows: list[Progress] = []
    classifier = linear_classifier()
    for each in (classifier, classifier.in_precision(torch.bfloat16), classifier):
        class_scores(LinearGenerator(), each, on_progress=rows.append)
    assert len(rows) == 16


CONFIG = SearchConfig(steps=4, latents=4, validation_latents=4, validate_every=2, trials=1, matching_weight=0.0)


def run(state: SearchState | None = None, config: SearchConfig = CONFIG, **changes: object) -> SearchResult:
    given = {
        "start": torch.zeros(1, 1, DIM_EMBEDDING),
        "targets": torch.tensor([1]),
        "seed": 6,
        "name": "linear",
    } | changes
    return search(
        LinearGenerator(), linear_classifier(given["name"]), given["start"], given["targets"], config,
        seed=given["seed"], state=state, on_state=given.get("on_state"),
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 7},
        {"targets": torch.tensor([2])},
        {"name": "another"},
        {"start": torch.ones(1, 1, DIM_EMBEDDING)},
        {"config": replace(CONFIG, steps=5)},
        {"config": replace(CONFIG, learning_rate=0.2)},
    ],
    ids=["seed", "class", "classifier", "start", "steps", "learning rate"],
)
def test_the_state_of_another_search_is_refused(other: dict[str, object]) -> None:
    states: list[SearchState] = []
    run(on_state=states.append)
    with pytest.raises(OptionError, match="the state of another search"):
        run(states[0], **other)
    run(states[0], config=replace(CONFIG, memory=0.5))  # changes nothing that is found


def test_the_state_of_another_eps_is_refused(tiny_classifier: Classifier) -> None:
    states: list[SearchState] = []
    start, target = torch.zeros(1, 1, 128), torch.tensor([1])
    search(load_generator(TINY), tiny_classifier, start, target, CONFIG, on_state=states.append)
    with pytest.raises(OptionError, match="the state of another search"):
        search(load_generator(TINY, bn_eps=1e-2), tiny_classifier, start, target, CONFIG, state=states[0])
