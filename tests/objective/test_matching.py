"""The energy distance to real features, relative to the real images' own."""

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ganmend.objective import energy
from ganmend.objective.energy import energy_distance, matching_distance


def test_numbers_computed_by_hand() -> None:
    """x = 0, 2 and y = 1, 5: across (1 + 5 + 1 + 3) / 4 = 2.5, within 2, among the real ones 4."""
    x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0]])
    assert energy_distance(x, y).item() == pytest.approx(2 * 2.5 - 2 - 4)
    assert matching_distance([x], y).item() == pytest.approx((2 * 2.5 - 2 - 4) / 4)
    # Three and two: across (1 + 5 + 1 + 3 + 4 + 0) / 6, within (2 + 5 + 3) / 3.
    x = torch.tensor([[0.0], [2.0], [5.0]])
    assert energy_distance(x, y).item() == pytest.approx(2 * 14 / 6 - 10 / 3 - 4)


def test_energy_distance_is_the_sum_over_pairs() -> None:
    x, y = torch.randn(3, 5, 2), torch.randn(4, 2)
    for trial in range(3):
        across = (x[trial][:, None] - y[None]).norm(dim=-1).mean()
        within = torch.pdist(x[trial]).mean()
        # cdist takes squares from products where it is large; float32 leaves 1e-4 of it.
        expected = 2 * across - within - torch.pdist(y).mean()
        torch.testing.assert_close(energy_distance(x, y)[trial], expected, rtol=1e-4, atol=1e-4)


def test_it_is_about_zero_for_one_distribution_and_larger_for_every_other() -> None:
    generator = torch.Generator().manual_seed(0)
    x, real = torch.randn(2, 400, 4, generator=generator)
    same, shifted, collapsed, wide = (energy_distance(fake, real) for fake in (x, x + 1, 0.01 * x, 3 * x))
    # A degenerate estimate: its spread is of the order 2 E|x - y| / n = 2 * 2.7 / 400 = 0.014.
    assert abs(same) < 0.05 < 0.2 < min(shifted, collapsed, wide)


def test_it_pulls_towards_real_images_and_pushes_generated_ones_apart() -> None:
    """Near one another and far from the real ones, the gradient of -distance moves each to them and from the other."""
    x = torch.tensor([[0.0, 0.1], [0.0, -0.1]], requires_grad=True)
    (-energy_distance(x, torch.tensor([[5.0, 0.0], [6.0, 0.0]]))).backward()
    assert x.grad is not None
    assert (x.grad[:, 0] > 0).all()
    assert x.grad[0, 1] > 0 > x.grad[1, 1]


def test_layers_count_alike_whatever_their_scale() -> None:
    first, second = torch.randn(2, 6, 3), torch.randn(2, 6, 4)
    real = torch.randn(5, 7)
    plain = matching_distance([first, second], real)
    scaled = matching_distance([10 * first, 0.1 * second], real * torch.tensor([10.0] * 3 + [0.1] * 4))
    torch.testing.assert_close(scaled, plain, rtol=1e-4, atol=1e-4)
    one, other = matching_distance([first], real[:, :3]), matching_distance([second], real[:, 3:])
    torch.testing.assert_close(plain, (one + other) / 2)
    assert plain.shape == (2,)


def test_real_features_of_another_width_are_no_match() -> None:
    with pytest.raises(RuntimeError):
        matching_distance([torch.randn(6, 3)], torch.randn(5, 4))


def test_gradient_is_finite_where_images_are_identical() -> None:
    x = torch.zeros(1, 4, 3, requires_grad=True)
    energy_distance(x, torch.randn(5, 3)).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_many_vectors_are_compared_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same distance and gradient, and without an array of all differences."""
    real, found = torch.randn(6, 7).double(), []
    for rows in (20, 3):
        generated = torch.randn(2, 20, 7, generator=torch.Generator().manual_seed(1)).double().requires_grad_()
        monkeypatch.setattr(energy, "BLOCK_BYTES", rows * generated.nbytes)
        widest = Widest()
        with widest:
            distance = energy.energy_distance(generated, real)
            found.append((distance, *torch.autograd.grad(distance, generated, torch.tensor([1.0, 2.0]).double())))
        assert widest.numbers == rows * generated.numel()
    for got, expected in zip(found[1], found[0], strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)  # float64: sums in another order


class Widest(TorchDispatchMode):
    """Notes the largest array."""

    numbers = 0

    def __torch_dispatch__(self, func: object, types: object, args: tuple = (), kwargs: dict | None = None) -> object:  # type: ignore[type-arg]
        result = func(*args, **(kwargs or {}))  # type: ignore[operator]
        if isinstance(result, Tensor):
            self.numbers = max(self.numbers, result.numel())
        return result
