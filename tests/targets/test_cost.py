"""The memory that an image takes in a network, counted by hand."""

import pytest
import torch
from torch import nn

from ganmend.targets.cost import pass_bytes
from tests.conftest import make_classifier


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_what_is_kept_for_a_gradient(dtype: torch.dtype) -> None:
    """Two convolutions keep their inputs, a ReLU between them its output, which is the second's input."""
    network = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 4, 3, padding=1))
    network.requires_grad_(False).to(dtype)
    width, image, inner = dtype.itemsize, 3 * 8 * 8, 5 * 8 * 8
    cost = pass_bytes(network, torch.zeros(1, 3, 8, 8, dtype=dtype))
    assert cost.drawing == 4 * inner * width
    assert cost.gradient == (image + inner) * width + cost.drawing


def test_weights_are_nobodys_cost() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 1000)).requires_grad_(False)
    assert pass_bytes(network, torch.zeros(1, 3, 4, 4)).gradient < 48 * 1000


def test_a_classifier_knows_its_cost_in_each_precision() -> None:
    classifier = make_classifier()
    whole = classifier.pass_bytes
    half = classifier.in_precision(torch.bfloat16).pass_bytes
    assert 0 < half.gradient < whole.gradient
    assert (classifier.pass_bytes, half.drawing) == (whole, whole.drawing // 2)
