"""Checkpoints that two projects publish: CSAILVision's of places, and the robustness library's."""

import argparse
import datetime
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from ganmend.catalog.tables import places365_names
from ganmend.errors import ClassifierError, HubError
from ganmend.files.skipping import Skipped
from ganmend.targets.load import load_classifier
from ganmend.targets.sources.checkpoint import read_checkpoint
from ganmend.targets.sources.state import find_state
from tests.targets.own import prefixed

MEAN, STD = (0.4717, 0.4499, 0.3837), (0.2600, 0.2516, 0.2575)


def resnet(n_classes: int) -> Any:
    torch.manual_seed(1)
    return torchvision.models.resnet18(num_classes=n_classes).eval()


def as_published(network: nn.Module, path: Path, **beside: object) -> Path:
    """As CSAILVision saved its networks in 2017: of nn.DataParallel, in PyTorch's older format."""
    content = {"epoch": 90, "arch": "resnet18", "state_dict": prefixed(network.state_dict(), "module."), **beside}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    """A network of places and its file."""
    network = resnet(365)
    return network, as_published(network, tmp_path_factory.mktemp("places") / "p.pth.tar", best_prec1=torch.tensor(5.0))


def test_a_file_of_places_has_their_names(places: tuple[Any, Path]) -> None:
    network, path = places
    classifier = load_classifier(f"places365:resnet18@{path}")
    assert classifier.class_names == places365_names()
    assert (classifier.resolution, classifier.photographs) == (224, "Places365's")
    assert torch.equal(classifier.network.fc.weight, network.fc.weight)


def test_alexnets_file_wraps_its_convolutions_only() -> None:
    with torch.device("meta"):  # its names without its 58 million numbers
        network = torchvision.models.alexnet(num_classes=365)
    state = network.state_dict()
    wrapped = {name.replace("features.", "features.module."): tensor for name, tensor in state.items()}
    found = find_state(network, {"state_dict": wrapped}, "classifier.6")
    assert found.tensors.keys() == state.keys()
    assert not found.extra


def test_other_networks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="expected places365:resnet18, places365:resnet50, places365:alexnet"):
        load_classifier("places365:vgg16")
    path = as_published(resnet(9), tmp_path / "p.pth.tar")
    with pytest.raises(ClassifierError, match="has 9 classes; Places365 has 365: give it as torchvision:resnet18@FILE"):
        load_classifier(f"places365:resnet18@{path}")


def test_places_are_downloaded_into_pytorchs_cache(
    places: tuple[Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (network, path), asked = places, []

    def give(urls: dict[str, str], place: Path) -> None:
        asked.extend(urls.values())
        place.mkdir(parents=True)
        os.link(path, place / next(iter(urls)))

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("ganmend.targets.sources.places365.fetch_urls", give)
    for _ in range(2):
        classifier = load_classifier("places365:resnet18")
        assert torch.equal(classifier.network.fc.weight, network.fc.weight)
    assert asked == ["http://places2.csail.mit.edu/models_places365/resnet18_places365.pth.tar"], "once"


def test_places_that_cannot_be_had_say_where_to_put_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def give(urls: dict[str, str], place: Path) -> None:
        raise HubError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("ganmend.targets.sources.places365.fetch_urls", give)
    with pytest.raises(HubError, match="places365:alexnet: no network"):
        load_classifier("places365:alexnet")


class Settings:
    """Of a training, with all that a plain reader does not know."""

    def __init__(self) -> None:
        self.by_pair, self.chosen, self.when = {(1, 2): 3}, {1, 2}, datetime.date(2020, 1, 1)
        self.frozen, self.raw, self.long = frozenset({1}), b"raw" * 100, 1 << 200


class Trap:
    """What would run a command if it were unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


def robust(network: nn.Module, **beside: object) -> dict[str, object]:
    state: dict[str, Tensor] = {}
    for place, normaliser in (("module.", "normalizer."), ("module.attacker.", "normalize.")):
        state |= prefixed(network.state_dict(), f"{place}model.")
        for what, colours in (("new_mean", MEAN), ("new_std", STD)):
            state[f"{place}{normaliser}{what}"] = torch.tensor(colours).view(3, 1, 1)  # (3,) -> (3, 1, 1)
    return {"model": state, "epoch": 105, **beside}


@pytest.mark.parametrize("older", [False, True])
def test_a_robust_network_brings_its_normalisation(older: bool, tmp_path: Path) -> None:
    network = resnet(1000)
    optimiser = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    beside = {
        "optimizer": optimiser.state_dict(), "args": argparse.Namespace(eps=3.0, extra=Settings()),
        "schedule": Settings, "trap": Trap(tmp_path / "ran"), "step": Path.joinpath,
    }  # fmt: skip
    torch.save(robust(network, **beside), tmp_path / "r.pt", _use_new_zipfile_serialization=not older)
    classifier = load_classifier(f"robustness:resnet18@{tmp_path / 'r.pt'},size=64")
    torch.testing.assert_close(classifier.mean.flatten(), torch.tensor(MEAN))
    torch.testing.assert_close(classifier.std.flatten(), torch.tensor(STD))
    assert torch.equal(classifier.network.fc.weight, network.fc.weight)
    assert classifier.class_names[0] == "tench"
    assert not (tmp_path / "ran").exists(), "nothing of the file is run"


def test_robust_networks_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match=r"no published weights here; give the checkpoint as .*resnet18@FILE"):
        load_classifier("robustness:resnet18")
    state = {"module.model.conv1.weight": torch.zeros(64, 3, 3, 3), "module.model.linear.weight": torch.zeros(10, 512)}
    torch.save({"model": state}, tmp_path / "cifar.pt")
    with pytest.raises(ClassifierError, match="for CIFAR, another architecture; save it as TorchScript"):
        load_classifier(f"robustness:resnet18@{tmp_path / 'cifar.pt'}")


def test_objects_are_left_out_and_plain_values_are_kept(tmp_path: Path) -> None:
    content = {
        "settings": Settings(), "made": [Settings(), 3], "odd": {(1, 2): 3, "kept": 4}, "trap": Trap(tmp_path / "ran"),
        "set": {1, 2}, "kind": Settings, "tensor": torch.arange(3), "text": "plain",
    }  # fmt: skip
    torch.save(content, tmp_path / "c.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_checkpoint(tmp_path / "c.pt")
    assert isinstance(read, dict)
    mine = Skipped(f"{__name__} Settings")
    assert read["settings"] == read["kind"] == mine
    assert read["made"] == [mine, 3]
    assert read["odd"] == {"kept": 4}, "a key that is no text or number goes with its value"
    assert read["text"] == "plain"
    assert torch.equal(read["tensor"], torch.arange(3))
    assert all(isinstance(read[key], Skipped) for key in ("trap", "set"))
    assert not (tmp_path / "ran").exists()
