"""The figures against their definitions written out, against torchmetrics fed by batches, and at their edges."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from ganmend.errors import OptionError, OutputError
from ganmend.metrics.distances import frechet_distance, kernel_distance
from ganmend.metrics.diversity import PAIRS_AT_ONCE, ms_ssim, ms_ssim_within
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.prdc import ROWS, prdc
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.metrics.verdict import verdict_on


def normal(n: int, width: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def images(n: int, size: int = 32) -> Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


class Pixels(nn.Module):
    """Features (N, 12) of images (N, 3, 2, 2)."""

    num_features = 12

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)


def test_fid_is_that_of_torchmetrics_fed_with_images() -> None:
    real, fake = normal(200, 12), 1.5 * normal(150, 12, seed=1) + 0.3
    metric = FrechetInceptionDistance(Pixels(), normalize=True).set_dtype(torch.float64)
    metric.update(real.double().view(-1, 3, 2, 2), real=True)
    metric.update(fake.double().view(-1, 3, 2, 2), real=False)
    found = frechet_distance(fit_gaussian(real), fit_gaussian(fake))
    assert found == pytest.approx(metric.compute().item(), rel=1e-9)  # both float64 throughout


@pytest.mark.parametrize("n", [20, 300])
def test_fid_by_the_symmetric_root(n: int) -> None:
    # With n = 20 vectors of width 64 both covariances are singular.
    a, b = fit_gaussian(normal(n, 64)), fit_gaussian(2 * normal(n, 64, seed=1) + 1)
    values, vectors = np.linalg.eigh(a.covariance.numpy())
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ b.covariance.numpy() @ root).clip(min=0)).sum()
    traces = (a.covariance.trace() + b.covariance.trace()).item()
    expected = ((a.mean - b.mean) ** 2).sum().item() + traces - 2 * shared
    # A zero eigenvalue comes out as about 1e-15, its root as 3e-8; 64 of them against a distance above 100.
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_fid_of_constant_features_is_finite() -> None:
    still = fit_gaussian(torch.zeros(10, 4))
    assert frechet_distance(still, still) == 0


def test_kid_of_whole_sets_by_definition() -> None:
    # Both sets as large as the subset, so every subset is the whole set.
    real, fake = normal(40).double(), normal(40, seed=1).double() + 0.5
    kernel = [(a @ b.T / 6 + 1) ** 3 for a, b in ((real, real), (fake, fake), (real, fake))]
    within = sum((k.sum() - k.trace()) / (40 * 39) for k in kernel[:2])
    expected = (within - 2 * kernel[2].mean()).item()
    assert kernel_distance(real, fake) == pytest.approx(expected, rel=1e-9)  # float64, order of summing


def test_kid_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    first = kernel_distance(normal(60), normal(50, seed=1), seed=1)
    assert torch.equal(before, torch.get_rng_state())
    assert first != kernel_distance(normal(60), normal(50, seed=1), seed=2)


def test_kid_needs_two_of_each() -> None:
    with pytest.raises(OptionError, match="at least 2"):
        kernel_distance(normal(1), normal(10))


def brute_force(real: Tensor, fake: Tensor, k: int) -> tuple[float, float, float, float]:
    """Naeem et al. 2020, equations 1 to 4, with distances by plain subtraction."""
    x, y = real.double().numpy(), fake.double().numpy()

    def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    radius_x, radius_y = np.sort(distances(x, x), 1)[:, k], np.sort(distances(y, y), 1)[:, k]
    inside = distances(x, y) <= radius_x[:, None]
    recall = (distances(x, y) <= radius_y).any(1).mean()
    return inside.any(0).mean(), recall, inside.sum(0).mean() / k, inside.any(1).mean()


@given(st.integers(7, 40), st.integers(7, 40), st.integers(1, 6), st.floats(0, 2), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_prdc_by_brute_force(m: int, n: int, k: int, shift: float, seed: int) -> None:
    real, fake = normal(m, seed=seed), normal(n, seed=seed + 1) + shift
    found = prdc(real, fake, k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(brute_force(real, fake, k))


def test_prdc_over_several_slices() -> None:
    real, fake = normal(ROWS + 30), normal(ROWS + 10, seed=1) + 0.3
    found = prdc(real, fake)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(brute_force(real, fake, 5))


def test_precision_and_recall_change_places_with_the_sets() -> None:
    wide, narrow = normal(150), 0.2 * normal(100, seed=1)
    one, other = prdc(wide, narrow), prdc(narrow, wide)
    assert (one.precision, one.recall) == (other.recall, other.precision)
    assert one.precision > 0.9 > 0.5 > one.recall


def test_ms_ssim_of_slices_is_that_of_each_pair() -> None:
    first, second = images(PAIRS_AT_ONCE + 3), images(PAIRS_AT_ONCE + 3).flip(0)
    alone = torch.cat([ms_ssim(a[None], b[None]) for a, b in zip(first, second, strict=True)])
    torch.testing.assert_close(ms_ssim(first, second), alone)


def test_ms_ssim_never_pairs_an_image_with_itself() -> None:
    # Of two images only one pair is different, whichever is drawn.
    pair = images(2)
    assert ms_ssim_within(pair, pairs=20) == pytest.approx(ms_ssim(pair[:1], pair[1:]).item(), abs=1e-6)
    assert ms_ssim_within(images(9), seed=1) == ms_ssim_within(images(9), seed=1)


def test_summary_without_a_target_leaves_out_accuracy() -> None:
    known = verdict_on(images(12), normal(12, 10), normal(12), 3, None).as_dict()
    unknown = verdict_on(images(12), normal(12, 10), normal(12), None, None).as_dict()
    accuracy = {"judge_accuracy", "judge_accuracy_low", "judge_accuracy_high", "judge_probability"}
    assert {key for key in known if known[key] != unknown[key]} == accuracy
    assert all(unknown[key] is None for key in accuracy)


def test_classes_may_share_their_tensors(tmp_path: Path) -> None:
    shared = ClassReference(fit_gaussian(normal(40)), normal(30).half())
    path = tmp_path / "reference.safetensors"
    ReferenceStatistics({"cat": shared, "dog": shared}, "judge", "here").save(path)
    back = ReferenceStatistics.load(path).classes
    assert torch.equal(back["cat"].features, back["dog"].features)


def test_a_failed_save_leaves_nothing_and_keeps_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "reference.safetensors"
    statistics = ReferenceStatistics({"frog": ClassReference(fit_gaussian(normal(40)), normal(30))}, "judge", "here")
    statistics.save(path)
    old = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("ganmend.metrics.statistics.save_file", full)
    with pytest.raises(OutputError, match="no space left"):
        statistics.save(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == old
    with pytest.raises(OutputError, match="give another place"):
        statistics.save(tmp_path / "absent" / "reference.safetensors")
