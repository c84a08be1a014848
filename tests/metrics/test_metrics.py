"""Properties of the figures, and parity with brute force."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganmend.errors import GanmendError, OptionError
from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.distances import frechet_distance, kernel_distance
from ganmend.metrics.diversity import mean_pairwise_distance, ms_ssim_within, pixel_standard_deviation
from ganmend.metrics.gaussian import Gaussian, fit_gaussian
from ganmend.metrics.prdc import prdc
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.metrics.verdict import verdict_on
from ganmend.metrics.wilson import wilson_interval

FOUR = torch.tensor([[0.0], [1.0], [2.0], [10.0]])


def normal(n: int, width: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_share(counts: tuple[int, int]) -> None:
    low, high = wilson_interval(*counts)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


def test_wilson_known_value() -> None:
    assert wilson_interval(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_accuracy() -> None:
    logits = torch.tensor([[5.0, 0.0], [0.0, 5.0], [5.0, 0.0], [5.0, 0.0]])
    found = judge_accuracy(logits, 0)
    assert found.accuracy == 0.75
    assert found.low < 0.75 < found.high
    assert found.probability == pytest.approx(logits.softmax(1)[:, 0].mean().item())


def test_fid_of_a_set_with_itself_is_zero_and_fid_is_symmetric() -> None:
    a, b = fit_gaussian(normal(300)), fit_gaussian(2 * normal(300, seed=1) + 1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)  # eigenvalues near zero: sqrt(1e-16) each
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6)


def test_fid_of_diagonal_gaussians_in_closed_form() -> None:
    first = Gaussian(torch.zeros(3), torch.diag(torch.tensor([1.0, 4.0, 9.0])), 100)
    second = Gaussian(torch.tensor([1.0, 0.0, 2.0]), torch.diag(torch.tensor([4.0, 4.0, 1.0])), 50)
    # |m - m'|^2 + sum (s - s')^2 = 5 + 1 + 0 + 4; float32 inputs.
    assert frechet_distance(first, second) == pytest.approx(10, rel=1e-5)


def test_fit_is_the_unbiased_covariance() -> None:
    x = normal(50)
    fitted = fit_gaussian(x)
    np.testing.assert_allclose(fitted.covariance.numpy(), np.cov(x.numpy().T), rtol=1e-5, atol=1e-6)


def test_kid() -> None:
    assert abs(kernel_distance(normal(400), normal(400, seed=1))) < 0.05
    assert kernel_distance(normal(400), normal(400, seed=1) + 1) > 0.5
    assert kernel_distance(normal(30), normal(20), seed=3) == kernel_distance(normal(30), normal(20), seed=3)


def test_prdc_of_a_set_with_itself() -> None:
    found = prdc(normal(100), normal(100))
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)


def test_prdc_of_sets_far_apart() -> None:
    found = prdc(normal(50), normal(50) + 1000)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_a_collapsed_class_is_precise_and_covers_little() -> None:
    real = normal(200)
    found = prdc(real, real[:1] + 1e-4 * normal(200, seed=1))
    assert found.precision == 1
    assert found.recall < 0.05
    assert found.coverage < 0.1


def test_prdc_by_hand() -> None:
    # Radii to the nearest other (k = 1): real 1, 1, 1, 8; fake 3, 3, 30.
    found = prdc(FOUR, torch.tensor([[0.5], [3.5], [33.5]]), k=1)
    # Fake 0.5 lies in the balls of 0 and 1; 3.5 in that of 10 (2 to 18); 33.5 in none.
    assert found.precision == pytest.approx(2 / 3)
    assert found.density == pytest.approx(3 / 3)
    # Nearest fake within the real radius: 0 and 1 (0.5 away), 10 (6.5 away, radius 8), not 2 (1.5 away).
    assert found.coverage == 3 / 4
    assert found.recall == 1


def test_prdc_needs_enough_samples() -> None:
    with pytest.raises(OptionError, match="more than 5"):
        prdc(normal(5), normal(50))


def test_diversity() -> None:
    assert mean_pairwise_distance(FOUR) == pytest.approx((1 + 2 + 10 + 1 + 9 + 8) / 6)
    assert mean_pairwise_distance(torch.ones(4, 3)) == 0
    assert pixel_standard_deviation(torch.ones(4, 3, 2, 2)) == 0


@pytest.mark.parametrize("size", [32, 192])
def test_ms_ssim(size: int) -> None:
    image = torch.rand(1, 3, size, size) * 2 - 1
    assert ms_ssim_within(image.expand(4, -1, -1, -1), pairs=3) == pytest.approx(1, abs=1e-5)
    assert ms_ssim_within(torch.rand(6, 3, size, size) * 2 - 1, pairs=5) < 0.5


def test_summary_without_real_images_leaves_out_what_compares() -> None:
    images, logits = torch.rand(12, 3, 32, 32) * 2 - 1, torch.randn(12, 10)
    alone = verdict_on(images, logits, normal(12), 3, None)
    reference = ClassReference(fit_gaussian(normal(40)), normal(40))
    compared = verdict_on(images, logits, normal(12), 3, reference)
    assert {key for key, value in alone.as_dict().items() if value is None} == {
        "fid",
        "kid",
        "precision",
        "recall",
        "density",
        "coverage",
    }
    assert None not in compared.as_dict().values()


def test_statistics_round_trip_and_refusal(tmp_path: Path) -> None:
    path = tmp_path / "reference.safetensors"
    statistics = ReferenceStatistics({"frog": ClassReference(fit_gaussian(normal(40)), normal(30))}, "judge", "here")
    statistics.save(path)
    back = ReferenceStatistics.load(path)
    assert (back.judge, back.source, back.classes["frog"].gaussian.n) == ("judge", "here", 40)
    # float16 keeps 11 bits of a number.
    torch.testing.assert_close(back.classes["frog"].features, normal(30), rtol=2**-10, atol=1e-6)
    whole = path.read_bytes()
    for size in (0, 20, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(GanmendError):
            ReferenceStatistics.load(path)
    with pytest.raises(GanmendError):
        ReferenceStatistics.load(tmp_path / "absent.safetensors")


def test_statistics_keep_features_too_large_for_float16(tmp_path: Path) -> None:
    features = 1e5 * normal(20, 4)
    reference = ClassReference(fit_gaussian(features), features)
    ReferenceStatistics({"a": reference}, "judge", "here").save(tmp_path / "s.safetensors")
    assert torch.equal(ReferenceStatistics.load(tmp_path / "s.safetensors").classes["a"].features, features)
