"""From a name to a classifier: which layer is 'features', how its images are prepared, what is refused."""

import hashlib
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from ganmend.errors import ClassifierError
from ganmend.targets.load import load_classifier
from ganmend.targets.sources.last_layer import last_layer as _last_layer

LAST_LAYERS = {
    "resnet18": "fc",
    "alexnet": "classifier.6",
    "vgg11": "classifier.6",
    "mobilenet_v3_small": "classifier.3",
    "densenet121": "classifier",
    "efficientnet_b0": "classifier.1",
    "convnext_tiny": "classifier.2",
    "vit_b_16": "heads.head",
    "swin_t": "head",
    "googlenet": "fc",
    "inception_v3": "fc",
}
SMALL = "shufflenet_v2_x0_5"  # the fewest weights of all


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of PyTorch's, and no network."""

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", unreachable)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("model", LAST_LAYERS)
def test_features_are_the_input_of_the_layer_that_classifies(model: str) -> None:
    with torch.device("meta"):  # its shapes without its numbers
        classifier = load_classifier(f"torchvision:{model}", random_weights="always")
    assert classifier.feature_layer == LAST_LAYERS[model]
    last = classifier.network.get_submodule(classifier.feature_layer)
    assert isinstance(last, nn.Linear)
    assert last.out_features == 1000 == len(classifier.class_names)
    assert classifier.resolution == (299 if model == "inception_v3" else 224)
    assert (classifier.name, classifier.fingerprint) == (f"torchvision:{model}", "random")


def test_images_are_prepared_as_imagenets() -> None:
    classifier = load_classifier(f"torchvision:{SMALL}", random_weights="always")
    torch.testing.assert_close(classifier.mean.flatten(), torch.tensor([0.485, 0.456, 0.406]))
    torch.testing.assert_close(classifier.std.flatten(), torch.tensor([0.229, 0.224, 0.225]))
    assert classifier.class_names[:2] == ("tench", "goldfish")


def test_a_network_of_other_names_ends_in_its_last_linear_layer() -> None:
    plain = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4), nn.ReLU())
    assert _last_layer(plain) == "1"
    named = nn.ModuleDict({"fc": nn.Linear(2, 3), "auxiliary": nn.Sequential(nn.Linear(3, 4))})
    assert _last_layer(named) == "fc", "an auxiliary classifier after it does not count"
    deeper = nn.ModuleDict({"head": nn.Sequential(nn.ReLU(), nn.Linear(2, 3)), "other": nn.Linear(3, 4)})
    assert _last_layer(deeper) == "head.1"


def test_stored_weights_are_used(checkpoints: Path) -> None:
    network = torchvision.models.get_model(SMALL)
    weights = torchvision.models.get_model_weights(SMALL).DEFAULT
    torch.save(network.state_dict(), checkpoints / Path(weights.url).name)
    published = hashlib.sha256(weights.url.encode()).hexdigest()[:16]
    for random_weights in ("never", "absent"):
        classifier = load_classifier(f"torchvision:{SMALL}", random_weights=random_weights)
        assert torch.equal(classifier.network.fc.weight, network.fc.weight)
        assert classifier.fingerprint == published
    anew = load_classifier(f"torchvision:{SMALL}", random_weights="always")
    assert not torch.equal(anew.network.fc.weight, network.fc.weight)
    assert anew.fingerprint == "random"
    assert load_classifier(f"torchvision:{SMALL}").fingerprint == published, "weights are published ones by default"


def test_absent_weights(checkpoints: Path) -> None:
    assert load_classifier(f"torchvision:{SMALL}", random_weights="absent").fingerprint == "random"
    for told in ({}, {"random_weights": "never"}):
        with pytest.raises(ClassifierError, match=f"weights of torchvision:{SMALL} .* cannot be downloaded: no net"):
            load_classifier(f"torchvision:{SMALL}", **told)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("resnet50", "unknown classifier 'resnet50'"),
        ("torchvision:", "unknown classifier 'torchvision:'"),
        ("timm:", "unknown classifier"),
        ("demo:other", "no bundled classifier 'other'"),
        ("demo", "no bundled classifier ''"),
        ("torchvision:resnet5", "torchvision has no classifier 'resnet5'"),
        ("torchvision:fcn_resnet50", "torchvision has no classifier 'fcn_resnet50'"),  # it segments
        ("torchvision:r3d_18", "torchvision has no classifier 'r3d_18'"),  # of videos
    ],
)
def test_unknown_names(name: str, answer: str) -> None:
    with pytest.raises(ClassifierError) as refused:
        load_classifier(name, random_weights="always")
    assert answer in str(refused.value)


def test_a_network_without_a_linear_layer_ends_in_its_last_convolution() -> None:
    classifier = load_classifier("torchvision:squeezenet1_1", random_weights="always")
    logits, features = classifier.logits_and_features(torch.zeros(2, 3, 64, 64))
    assert classifier.feature_layer == "classifier.1"
    assert (logits.shape, features.shape) == ((2, 1000), (2, 512)), "its features are their mean over the map"


def test_a_mistyped_name_is_told_as_it_was_typed_and_a_missing_module_as_one() -> None:
    with pytest.raises(ClassifierError, match="unknown classifier 'nosuch'; expected demo:search"):
        load_classifier("nosuch,size=64")
    with pytest.raises(ClassifierError, match="unknown classifier 'nosuch:net'; expected demo:search"):
        load_classifier("nosuch:net")
    with pytest.raises(ClassifierError, match="there is no module 'nosuch' here for 'nosuch:net'"):
        load_classifier("nosuch:net,size=64", allow_code=True)
