"""What a classifier does to images before its network sees them."""

from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F

from ganmend.targets.classifier import Classifier
from ganmend.targets.preprocessing import resized


@pytest.mark.parametrize("size", [(8, 8), (12, 8), (32, 32), (40, 24), (24, 40), (64, 64)])
def test_resized_is_pytorchs_resizing(size: tuple[int, int]) -> None:
    images = torch.randn(2, 3, *size, dtype=torch.float64).requires_grad_()
    expected = F.interpolate(images, (32, 32), mode="bilinear", antialias=True, align_corners=False)
    got = resized(images, 32)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    direction = torch.randn_like(expected)
    gradients = (torch.autograd.grad(result, images, direction)[0] for result in (got, expected))
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def test_reducing_is_anti_aliased() -> None:
    """Stripes finer than the small image can show become their mean, not one of the two colours."""
    stripes = torch.tensor([-1.0, 1.0]).repeat(32).expand(1, 3, 64, 64)
    inner = resized(stripes, 16)[..., 1:-1, 1:-1]
    # The triangle over 8 pixels weighs odd and even ones alike: -1 and 1 cancel.
    torch.testing.assert_close(inner, torch.zeros_like(inner), rtol=0, atol=1e-6)


def test_images_of_the_right_size_pass_as_they_are() -> None:
    images = torch.rand(1, 3, 16, 16)
    assert resized(images, 16) is images


@dataclass
class Colours:
    """How a network was trained."""

    mean: tuple[float, float, float] = (0.5, 0.25, 0.1)
    std: tuple[float, float, float] = (0.2, 0.5, 1.0)

    def classifier(self, resolution: int) -> Classifier:
        return Classifier(
            torch.nn.Flatten(), name="flat", fingerprint="", class_names=(), resolution=resolution, mean=self.mean,
            std=self.std, feature_layer="",
        )  # fmt: skip


def test_images_are_normalised_as_the_network_was_trained() -> None:
    how = Colours()
    images = torch.rand(2, 3, 4, 4) * 2 - 1
    assert how.classifier(4).mean.shape == how.classifier(4).std.shape == (1, 3, 1, 1)
    of_colours = [((images[:, k] + 1) / 2 - how.mean[k]) / how.std[k] for k in range(3)]
    torch.testing.assert_close(how.classifier(4).preprocess(images), torch.stack(of_colours, 1))


def test_images_come_to_the_networks_size() -> None:
    black = torch.full((2, 3, 12, 12), -1.0)
    for resolution in (8, 20):
        got = Colours().classifier(resolution).preprocess(black)
        assert got.shape == (2, 3, resolution, resolution)
        # Black is 0 in [0, 1]: (0 - mean) / std, the same at every size.
        torch.testing.assert_close(got[1, :, 3, 5], torch.tensor([-2.5, -0.5, -0.1]))
