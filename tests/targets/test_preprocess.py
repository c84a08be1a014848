"""What a classifier does to images before its network sees them."""

import pytest
import torch
import torch.nn.functional as F

from ganmend.targets.classifier import Classifier, resized


@pytest.mark.parametrize("size", [(8, 8), (12, 8), (32, 32), (40, 24)])
def test_resized_is_pytorchs_resizing(size: tuple[int, int]) -> None:
    images = torch.randn(2, 3, *size, dtype=torch.float64).requires_grad_()
    expected = F.interpolate(images, (32, 32), mode="bilinear", antialias=True, align_corners=False)
    got = resized(images, 32)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    direction = torch.randn_like(expected)
    gradients = (torch.autograd.grad(result, images, direction)[0] for result in (got, expected))
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def test_images_are_normalised_as_the_network_was_trained() -> None:
    mean, std = (0.5, 0.25, 0.1), (0.2, 0.5, 1.0)
    classifier = Classifier(
        torch.nn.Flatten(), name="flat", fingerprint="", class_names=(), resolution=4, mean=mean, std=std,
        feature_layer="",
    )  # fmt: skip
    images = torch.rand(2, 3, 4, 4) * 2 - 1
    of_colours = [((images[:, k] + 1) / 2 - mean[k]) / std[k] for k in range(3)]
    torch.testing.assert_close(classifier.preprocess(images), torch.stack(of_colours, 1))
