"""Intervals hold what they should: in a simulation, at the edges, and together."""

import pytest
import torch
from torch import Tensor

from ganmend.metrics.distances import fid_of_features, kernel_distance
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.metrics.halves import Observed, figures_of_halves
from ganmend.metrics.intervals import differences, figure_intervals
from ganmend.metrics.prdc import prdc
from ganmend.metrics.wilson import wilson_interval
from tests.metrics.drawn import normal

SPREAD = torch.arange(1, 5) ** -0.5


def test_an_interval_reaches_two_deviations_of_the_halves_to_either_side() -> None:
    halves = {"kid": torch.tensor([1.0, 3.0, 5.0])}  # standard deviation 2
    assert figure_intervals({"kid": 0.5}, halves)["kid"] == pytest.approx((0.5 - 3.92, 0.5 + 3.92), abs=1e-4)
    assert figure_intervals({"kid": None}, halves) == figure_intervals({}, halves) == {}
    assert figure_intervals({"judge_accuracy": 0.5}, {"judge_accuracy": torch.tensor([0.4, 0.6])}) == {}


def test_an_interval_stays_within_what_a_figure_can_be() -> None:
    halves = {key: torch.tensor([0.0, 2.0]) for key in ("fid", "judge_probability", "density")}
    found = figure_intervals({"fid": 1.0, "judge_probability": 0.5, "density": 3.0}, halves)
    assert found["fid"] == pytest.approx((0, 3.7718), abs=1e-4)
    assert found["judge_probability"] == (0, 1)
    assert found["density"][0] > 0.2


def test_a_share_that_all_halves_agree_on_has_wilsons_interval() -> None:
    halves = {key: torch.ones(5) for key in ("precision", "recall", "coverage")}
    found = figure_intervals({"precision": 1.0, "recall": 0.25, "coverage": 0.0, "n": 100, "n_real": 40}, halves)
    assert found == {
        "precision": wilson_interval(100, 100), "recall": wilson_interval(10, 40), "coverage": wilson_interval(0, 40),
    }  # fmt: skip


def test_changes_are_after_less_before_half_by_half_and_wider_for_several() -> None:
    one, other = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 1.0, 6.0])
    sides, spread = ({"kid": one, "fid": one}, {"kid": other, "fid": other}), (other - one).std().item()
    before, after = {"kid": 2.0, "fid": 5.0}, {"kid": 3.0, "fid": 1.0}
    alone = differences(before, {"kid": 3.0, "fid": None}, sides)
    assert alone == {"kid": pytest.approx((1 - 1.95996 * spread, 1 + 1.95996 * spread), rel=1e-4)}
    # 97.5 % each, so that both hold with a probability of 95 % at least.
    both = differences(before, after, sides)
    assert both["kid"] == pytest.approx((1 - 2.24140 * spread, 1 + 2.24140 * spread), rel=1e-4)
    assert both["fid"] == pytest.approx((-4 - 2.24140 * spread, -4 + 2.24140 * spread), rel=1e-4)
    assert differences(before, after, ({}, sides[1])) == {}


def test_intervals_hold_the_mean_figure_in_19_of_20_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """benchmarks/intervals.py does this at length (docs/figures.md); 40 draws tell 95 % from 75 %."""
    monkeypatch.setattr("ganmend.metrics.halves.HALVES", 20)
    runs = []
    for run in range(40):
        real, latents = normal(40, 4, seed=2 * run) * SPREAD, normal(40, 4, seed=2 * run + 1)
        runs.append([seen(features * SPREAD, real) for features in (latents * 0.6 + 0.4, latents)])
    for key in runs[0][0][1]:
        values = torch.tensor([[figures[key] for figures, _ in pair] for pair in runs], dtype=torch.float64)
        if key != "judge_accuracy":  # which has Wilson's interval
            for side in (0, 1):
                assert held(values[:, side].mean(), [figure_intervals(*pair[side])[key] for pair in runs]) >= 35, key
        alone = [differences(*[{key: side[0][key]} for side in pair], (pair[0][1], pair[1][1]))[key] for pair in runs]
        change = values[:, 1] - values[:, 0]
        assert held(change.mean(), alone) >= 35, key
        # No wider than it takes: halves exaggerate what counts neighbours, but not by two.
        assert torch.tensor([high - low for low, high in alone]).mean() / (2 * 1.96) < 2 * change.std(), key


def seen(features: Tensor, real: Tensor) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Figures of samples, and of their halves, by a judge who gives the class a probability by the first feature."""
    probability, counted = features[:, 0].sigmoid(), prdc(real, features)
    figures = {
        "n": 40, "n_real": 40, "judge_accuracy": (probability > 0.5).double().mean().item(),
        "judge_probability": probability.mean().item(), "diversity": mean_pairwise_distance(features),
        "fid": fid_of_features(real.double(), features.double()), "kid": kernel_distance(real, features, subsets=1),
        "precision": counted.precision, "recall": counted.recall, "density": counted.density,
        "coverage": counted.coverage,
    }  # fmt: skip
    return figures, figures_of_halves(Observed(features, probability > 0.5, probability), real)


def held(value: Tensor, intervals: list[tuple[float, float]]) -> int:
    return sum(low <= value <= high for low, high in intervals)
