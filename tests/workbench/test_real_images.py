"""Real images of a user's own: which of them a search matches, and which a verdict compares with."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from ganmend.errors import ImageFolderError
from ganmend.targets.classifier import Classifier
from ganmend.workbench.real_images import HELD_OUT, TO_MATCH, matching_features_of_folder, reference_from_folder


def test_one_real_image_is_too_few_to_compare_with(tmp_path: Path, tiny_classifier: Classifier) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    with pytest.raises(ImageFolderError, match="more than 5; add"):
        reference_from_folder(tiny_classifier, tmp_path)
    with pytest.raises(ImageFolderError, match="held out"):
        reference_from_folder(tiny_classifier, tmp_path, HELD_OUT)


def test_the_verdicts_images_are_not_the_searchs(tmp_path: Path, tiny_classifier: Classifier) -> None:
    for index in range(6):
        Image.effect_noise((32, 32), 20 + 30 * index).convert("RGB").save(tmp_path / f"{index}.png")
    halves = [matching_features_of_folder(tiny_classifier, tmp_path, part) for part in (TO_MATCH, HELD_OUT)]
    together = torch.stack(halves, 1).flatten(0, 1)
    assert torch.allclose(together, matching_features_of_folder(tiny_classifier, tmp_path), atol=1e-6)
