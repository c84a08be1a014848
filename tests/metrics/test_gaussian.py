"""Mean and covariance by hand and by NumPy."""

import numpy as np
import pytest
import torch

from ganmend.metrics.gaussian import fit_gaussian
from tests.metrics.drawn import normal


def test_fit_by_hand() -> None:
    # Columns 0, 2, 4 and 3, 3, 0: means 2, 2; squares 4 + 0 + 4 and 1 + 1 + 4; products -2 + 0 - 4; over n - 1 = 2.
    fitted = fit_gaussian(torch.tensor([[0.0, 3.0], [2.0, 3.0], [4.0, 0.0]]))
    assert fitted.mean.tolist() == [2, 2]
    assert fitted.covariance.tolist() == [[4, -3], [-3, 3]]
    assert fitted.n == 3
    assert {fitted.mean.dtype, fitted.covariance.dtype} == {torch.float64}


def test_fit_is_the_unbiased_covariance() -> None:
    x = normal(50)
    np.testing.assert_allclose(fit_gaussian(x).covariance.numpy(), np.cov(x.double().numpy().T), rtol=1e-12, atol=1e-14)


def test_fit_keeps_float64_where_features_lie_far_from_zero() -> None:
    # At 10^4 float32 has steps of 10^-3, and of squares 10: summed in float32 the variance 1/4 would drown.
    x = torch.tensor([[10000.0], [10001.0]]).repeat(500, 1)
    np.testing.assert_allclose(fit_gaussian(x).covariance.numpy(), [[0.25 * 1000 / 999]], rtol=1e-12)


def test_features_that_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    features = normal(23, 4) + 5
    whole = fit_gaussian(features)
    monkeypatch.setattr("ganmend.metrics.gaussian.ROWS", 5)
    parts = fit_gaussian(features)
    torch.testing.assert_close(parts.mean, whole.mean, rtol=1e-12, atol=0)  # float64 in another order
    torch.testing.assert_close(parts.covariance, whole.covariance, rtol=1e-12, atol=1e-12)
    assert parts.n == whole.n == 23
