"""What a classifier does to images before its network sees them."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from ganmend.errors import ImageFolderError
from ganmend.targets.classifier import Classifier
from ganmend.targets.preprocessing import read_images, resized


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


def test_images_are_read_and_broken_ones_counted(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), "red").save(tmp_path / "a.png")
    Image.new("L", (10, 10)).save(tmp_path / "b.jpg")
    (tmp_path / "c.jpg").write_text("no image")
    with pytest.warns(UserWarning, match="skipped 1 of 3"):
        images = read_images(tmp_path, 16)
    assert images.shape == (2, 3, 16, 16)
    assert images[0, 0].min() == 1
    assert images[0, 1].max() == -1


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(ImageFolderError, match="no image"):
        read_images(tmp_path, 16)
    with pytest.raises(ImageFolderError, match="no folder"):
        read_images(tmp_path / "absent", 16)
