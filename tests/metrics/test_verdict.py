"""Each field of a verdict from its own formula, on inputs that no two fields share; and verdicts as plain values."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from ganmend.errors import GanmendError, OptionError
from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.distances import kernel_distance
from ganmend.metrics.diversity import ms_ssim_within
from ganmend.metrics.gaussian import Gaussian
from ganmend.metrics.halves import Observed, figures_of_halves
from ganmend.metrics.infinite import fid_at_infinity
from ganmend.metrics.intervals import figure_intervals
from ganmend.metrics.statistics import ClassReference, class_reference
from ganmend.metrics.verdict import Verdict, verdict_on, verdict_on_features
from tests.metrics.drawn import noise, normal

IMAGES = 0.5 * noise(12, 12, seed=5)
LOGITS = normal(12, 10, seed=3)
# On a line, where no two of precision, recall, density and coverage are equal. The Gaussian is not that of the kept.
SAMPLES = torch.tensor([0.0, 7, 8, 11, 16, 17, 19, 22, 99, 101, 106, 117])[:, None]
KEPT = torch.tensor([-187.0, 17, 24, 33, 37, 41, 42, 45, 50])[:, None]
ALL_REAL = Gaussian(torch.tensor([7.0]).double(), torch.tensor([[16.0]]).double(), 500)
REFERENCE = ClassReference(ALL_REAL, KEPT)
FULL = Verdict(9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
NAMES = list(FULL.figures())


INCEPTION = {"inception_fid", "inception_kid", "inception_precision", "inception_recall"}


def found(seed: int = 0, target: int | None = 3, reference: ClassReference | None = REFERENCE) -> Verdict:
    return verdict_on(IMAGES, LOGITS, SAMPLES, target, reference, seed=seed)


def test_accuracy_is_of_the_target_and_has_its_own_ends() -> None:
    top = LOGITS.argmax(1)
    for target in (0, 3, 9):
        verdict = found(target=target, reference=None)
        share = (top == target).double().mean().item()
        assert verdict.judge_accuracy == share
        assert verdict.judge_accuracy_low is not None
        assert verdict.judge_accuracy_high is not None
        assert 0 <= verdict.judge_accuracy_low <= share <= verdict.judge_accuracy_high <= 1
        for end in (verdict.judge_accuracy_low, verdict.judge_accuracy_high):
            # Wilson's ends solve (p - share)^2 = z^2 p (1 - p) / n.
            assert (end - share) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / 12, abs=1e-12)
        odds = LOGITS.double().exp()
        assert verdict.judge_probability == pytest.approx((odds[:, target] / odds.sum(1)).mean().item(), rel=1e-9)


def test_diversity_is_of_features_and_the_rest_of_images() -> None:
    line = SAMPLES[:, 0].numpy()
    distances = [abs(a - b) for i, a in enumerate(line) for b in line[:i]]
    assert found().diversity == pytest.approx(np.mean(distances), rel=1e-9)
    assert found().ms_ssim_3_scales == ms_ssim_within(IMAGES, pairs=200, seed=0)
    assert found().ms_ssim is None, "12 px are too small for what that name means"
    assert found().pixel_std == pytest.approx(IMAGES.double().numpy().std(0, ddof=1).mean(), rel=1e-9)
    assert (found().n, found().n_real, found().n_features) == (12, 500, 1)
    assert found(reference=None).n_real is None


def test_ms_ssim_has_one_name_at_each_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.metrics.verdict.ms_ssim_within", partial(ms_ssim_within, pairs=1))  # 200 take 25 s
    for size, name, other in ((175, "ms_ssim_3_scales", "ms_ssim"), (176, "ms_ssim", "ms_ssim_3_scales")):
        images = 0.5 * noise(2, size)
        figures = verdict_on(images, LOGITS[:2], SAMPLES[:2], 3, None).as_dict()
        assert (figures[name], figures[other]) == (ms_ssim_within(images, pairs=1), None)


def test_fid_is_from_the_stored_gaussian_to_the_samples() -> None:
    # In one dimension |m - m'|^2 + (s - s')^2.
    line = SAMPLES[:, 0].double().numpy()
    expected = (line.mean() - 7) ** 2 + (line.std(ddof=1) - 4) ** 2
    assert found().fid == pytest.approx(expected, rel=1e-9)


def brute_force(real: Tensor, fake: Tensor, k: int) -> dict[str, float]:
    """The four as Naeem et al. 2020 define them, in one dimension."""
    x, y = real[:, 0].numpy(), fake[:, 0].numpy()
    across = np.abs(x[:, None] - y[None])
    radius_x, radius_y = (np.sort(np.abs(side[:, None] - side[None]), 1)[:, k] for side in (x, y))
    inside = across <= radius_x[:, None]
    return {
        "precision": inside.any(0).mean(),
        "recall": (across <= radius_y[None]).any(1).mean(),
        "density": inside.sum() / (k * len(y)),
        "coverage": inside.any(1).mean(),
    }


def test_figures_that_compare_with_kept_features() -> None:
    expected = brute_force(KEPT, SAMPLES, 5)
    assert len(set(expected.values())) == 4, "so that none can stand for another"
    assert {name: getattr(found(), name) for name in expected} == pytest.approx(expected, rel=1e-9)
    assert found().kid == kernel_distance(KEPT, SAMPLES, subsets=50, seed=0) != kernel_distance(SAMPLES, KEPT)


def test_the_seed_is_of_random_pairs_and_subsets_only() -> None:
    other = found(seed=4)
    assert other.kid == kernel_distance(KEPT, SAMPLES, seed=4) != found().kid
    assert other.fid_infinity == fid_at_infinity(KEPT, SAMPLES, seed=4) != found().fid_infinity
    assert found().fid_infinity == fid_at_infinity(KEPT, SAMPLES) != fid_at_infinity(SAMPLES, KEPT)
    assert other.ms_ssim_3_scales == ms_ssim_within(IMAGES, seed=4) != found().ms_ssim_3_scales
    assert (
        replace(other, kid=found().kid, fid_infinity=found().fid_infinity, ms_ssim_3_scales=found().ms_ssim_3_scales)
        == found()
        == verdict_on(IMAGES, LOGITS, SAMPLES, 3, REFERENCE)
    )


def test_what_is_not_known_is_left_out_and_nothing_else() -> None:
    accuracy = {"judge_accuracy", "judge_accuracy_low", "judge_accuracy_high", "judge_probability"}
    compared = {"fid", "kid", "precision", "recall", "density", "coverage", "fid_infinity", "n_real"}
    whole = found().figures()
    assert {name for name, value in whole.items() if value is None} == {"ms_ssim", "search_accuracy", *INCEPTION}
    assert found(target=None).figures() == whole | dict.fromkeys(accuracy)
    assert found(reference=None).figures() == whole | dict.fromkeys(compared)


def test_a_class_that_no_sample_hits_has_accuracy_zero_and_not_none() -> None:
    missed = verdict_on(IMAGES, LOGITS - 100 * torch.eye(10)[3], SAMPLES, 3, None)
    assert (missed.judge_accuracy, missed.judge_accuracy_low) == (0, 0)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(OptionError, match="more than 5"):
        verdict_on(IMAGES[:5], LOGITS[:5], SAMPLES[:5], 3, REFERENCE)


def test_as_dict_and_back_through_json() -> None:
    expected = dict.fromkeys(NAMES) | dict(zip(NAMES, (9, *(i / 10 for i in range(1, 14))), strict=False))
    assert FULL.figures() == expected
    assert FULL.as_dict() == expected | {"intervals": {}}
    assert replace(FULL, intervals={"fid": (0.5, 1.0)}).as_dict() == expected | {"intervals": {"fid": [0.5, 1.0]}}
    for verdict in (FULL, found(), found(target=None), found(reference=None)):
        assert Verdict.from_dict(json.loads(json.dumps(verdict.as_dict()))) == verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fid": "3"}, "fid is '3'; expected a number"),
        ({"recall": True}, "recall is True; expected a number"),
        ({"n": [1]}, r"n is \[1\]; expected a number"),
        ({"intervals": [1]}, r"intervals of a verdict are \[1\]"),
        ({"intervals": {"fid": [1.0]}}, "expected a lower and an upper end"),
        ({"intervals": {"fid": [1.0, True]}}, "expected a lower and an upper end"),
        ({"intervals": {"fid": [1.0, float("inf")]}}, "expected a lower and an upper end"),
        ({"intervals": {"odd": [1.0, 2.0]}}, "expected a lower and an upper end"),
        ({"halves": {}}, "lacks or adds the figure 'halves'"),
        ({"odd": 1.0}, "lacks or adds the figure 'odd'"),
    ],
)
def test_what_is_no_verdict_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(GanmendError, match=message):
        Verdict.from_dict({**FULL.as_dict(), **change})


NEEDED = (
    "n", "judge_accuracy", "judge_accuracy_low", "judge_accuracy_high", "judge_probability", "diversity", "ms_ssim",
    "pixel_std",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_that_every_verdict_had_must_be_there(name: str) -> None:
    values = {key: value for key, value in FULL.as_dict().items() if key != name}
    if name in NEEDED:
        with pytest.raises(GanmendError, match=f"lacks or adds the figure '{name}'"):
            Verdict.from_dict(values)
    elif name != "ms_ssim_3_scales":
        assert Verdict.from_dict(values) == replace(FULL, **{name: None})


def test_a_verdict_of_an_older_version_has_no_ms_ssim() -> None:
    # It was taken on [-1, 1], at whatever size.
    older = dict(list(FULL.figures().items())[:14])
    assert Verdict.from_dict(older) == replace(FULL, ms_ssim=None)


def test_without_images_the_figures_of_pixels_are_not_known() -> None:
    accuracy = judge_accuracy(LOGITS, 3)
    pixels = {"ms_ssim", "ms_ssim_3_scales", "pixel_std"}
    expected = replace(found(seed=4), **dict.fromkeys(pixels), intervals={})
    assert verdict_on_features(SAMPLES, accuracy, REFERENCE, seed=4) == expected


def test_a_verdict_in_a_line() -> None:
    assert str(FULL) == "accuracy 0.1, FID 0.8, coverage 1.3, diversity 0.5 (9 samples)"


def test_the_interval_of_a_figure_is_its_own_and_the_accuracys_is_wilsons() -> None:
    verdict = replace(FULL, intervals={"fid": (0.5, 1.0), "kid": (-1.0, 2.0)})
    assert verdict.interval("judge_accuracy") == (0.2, 0.3)
    assert verdict.interval("fid") == (0.5, 1.0)
    assert verdict.interval("pixel_std") is None
    assert replace(verdict, judge_accuracy_low=None).interval("judge_accuracy") is None


def test_intervals_are_those_of_halves_and_only_where_they_are_asked_for() -> None:
    reference = class_reference(LOGITS, normal(12, 3, seed=8), 3)
    verdict = verdict_on(IMAGES, LOGITS, normal(12, 3), 3, reference)
    accuracy = ("judge_accuracy", "judge_probability")
    assert set(verdict.halves) == {*accuracy, "fid", "kid", "precision", "recall", "density", "coverage", "diversity"}
    seen = Observed(normal(12, 3), LOGITS.argmax(1) == 3, LOGITS.double().softmax(1)[:, 3])
    expected = figures_of_halves(seen, reference.features)
    assert all(torch.equal(verdict.halves[key], expected[key]) for key in expected)
    assert verdict.intervals == figure_intervals(verdict.figures(), verdict.halves)
    bare = verdict_on(IMAGES, LOGITS, normal(12, 3), 3, reference, intervals=False)
    assert bare == replace(verdict, intervals={})
    assert bare.halves == {}
    assert set(verdict_on(IMAGES, LOGITS, normal(12, 3), None, reference).halves) == set(expected) - set(accuracy)
