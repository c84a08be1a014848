"""A search takes the steps that the formulas of Adam, schedule, decay and projection say."""

import pytest
import torch

from ganmend.search.config import search_config
from ganmend.search.loop import search
from ganmend.search.state import SearchState
from tests.search.by_hand import Task, searched
from tests.search.stand_ins import DIM_EMBEDDING, FREE, LinearGenerator, linear_classifier

COMMON = {"steps": 7, "latents": 6, "validation_latents": 4, "keep": "last", "patience": 0, "ceiling": 0.6} | FREE


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"decay_learning_rate": False, "weight_decay": 0.3},
        {"steps_per_draw": 3, "vectors": 2},
        {"latent_map": True, "weight_decay": 0.5, "steps_per_draw": 2},
        {"matching_weight": 2.0, "weight_decay": 0.0},
        {"diversity": "none", "learning_rate": 0.5, "weight_decay": 0.0},
        {"capacity": "norms", "offsets_learning_rate": 0.3, "weight_decay": 0.2},
        {"capacity": "norms", "vectors": 2, "latent_map": True, "decay_learning_rate": False},
        {"capacity": "layers", "vectors": 2, "latent_map": True, "learning_rate": 0.4, "weight_decay": 0.2},
    ],
    ids=str,
)
def test_every_step_is_as_computed_by_hand(changes: dict[str, object]) -> None:
    generator, classifier = LinearGenerator(), linear_classifier()
    config = search_config(**COMMON | changes).settled(matches_real_images=False)
    real = torch.randn(5, 3, 4, 4) if "matching_weight" in changes else None
    features = None if real is None else classifier.matching_features(real)
    start = torch.randn(2, config.vectors, DIM_EMBEDDING)
    found = search(generator, classifier, start, torch.tensor([1, 3]), config, seed=4, real_features=features)
    for trial, target in enumerate((1, 3)):
        expected = searched(Task(generator, classifier, target, config, real), start[trial], 4)[-1]
        got = found.edits.select(trial)
        assert (got.offsets is None) == (config.capacity == "row")
        assert (got.latent_map is None) == (not config.latent_map)
        for name in expected._fields:
            if getattr(got, name) is not None:
                # Each gradient differs by float32's rounding, about 1e-6; Adam divides by its size, here above 1e-3.
                torch.testing.assert_close(getattr(got, name), getattr(expected, name), rtol=0, atol=1e-3, msg=name)


@pytest.mark.parametrize("decays", [True, False])
def test_the_rate_goes_from_full_along_a_cosine_to_almost_zero(decays: bool) -> None:
    """Adam's first step moves each coordinate by the rate, whatever the gradient; a search of one step sees it full."""
    generator, classifier = LinearGenerator(), linear_classifier()
    start = torch.zeros(1, 1, DIM_EMBEDDING)

    def after(steps: int, of: int) -> torch.Tensor:
        taken = search_config(
            steps=of, latents=4, learning_rate=0.01, weight_decay=0.0, diversity="none", ceiling=1.0,
            decay_learning_rate=decays, keep="last", validate_every=1, patience=0,
        )  # fmt: skip
        states: list[SearchState] = []
        search(generator, classifier, start, torch.tensor([0]), taken, on_state=states.append)
        return states[steps - 1].edits.vectors - (states[steps - 2].edits.vectors if steps > 1 else start)

    torch.testing.assert_close(after(1, 20).abs(), torch.full((1, 1, DIM_EMBEDDING), 0.01), rtol=1e-3, atol=0)
    # At step 20 of 20 the rate is (1 + cos(pi 19 / 20)) / 2 = 0.6 % of the full one. Where gradients keep their sign
    # and size, as about here, Adam's step is about the rate: 0.00006, and 0.01 without decay.
    assert (after(20, 20).abs().max() < 0.001) == decays
