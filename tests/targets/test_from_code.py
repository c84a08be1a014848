"""module.path:function: only where it was allowed, and whatever the user's code does is told in one line."""

import sys
from pathlib import Path

import pytest
import torch

from ganmend.errors import ClassifierError
from ganmend.targets.load import load_classifier

CODE = """
from pathlib import Path
import torch
from torch import nn
Path("ran").touch()

def build():
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    network.class_names = ["a", "b", "c", "d", "e"]
    return network

class Answers(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind, self.network, self.class_names = kind, build(), list("abcde")
    def forward(self, x):
        logits = self.network(x)
        as_object = type("Output", (), {"logits": logits})
        return {"tuple": (logits, x), "dict": {"logits": logits}, "object": as_object}[self.kind]

in_tuple, in_dict, in_object = (lambda: Answers("tuple")), (lambda: Answers("dict")), (lambda: Answers("object"))
network = build()
class nested:
    build = staticmethod(build)

def classifier():
    from ganmend.targets.sources.bundled import load_bundled
    return load_bundled("judge")

def broken():
    raise RuntimeError("a cause of\\nseveral lines")

def number():
    return 3

def maps():
    return nn.Sequential(nn.Conv2d(3, 4, 3))

def grey():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))

def damaged():
    network = build()
    network[3].weight.data[0, 0] = float("nan")
    return network

def headless():
    return nn.AdaptiveAvgPool2d(1)

def misnamed():
    network = build()
    network.class_names = ["a"]
    return network

def unused():
    network = Answers("tuple")
    network.fc = nn.Linear(2, 2)
    return network

def odd():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_networks.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_networks", raising=False)


def load(function: str, settings: str = ",size=16"):
    return load_classifier(f"own_networks:{function}{settings}", allow_code=True)


def test_code_is_not_run_without_a_users_word(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match=r"own_networks:build is Python code, .*add --allow-code"):
        load_classifier("own_networks:build")
    assert not (tmp_path / "ran").exists(), "the module was not even imported"


@pytest.mark.parametrize("function", ["build", "network", "nested.build", "in_tuple", "in_dict", "in_object"])
def test_a_functions_network_is_a_classifier(function: str) -> None:
    classifier = load(function)
    plain = load("build")
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    torch.testing.assert_close(classifier(images), plain(images))
    assert (classifier.name, classifier.resolution) == (f"own_networks:{function},size=16", 16)
    assert classifier.weights == plain.weights
    assert plain.class_names == ("a", "b", "c", "d", "e")


def test_a_functions_classifier_is_taken_as_it_is() -> None:
    assert load("classifier", "").fingerprint == load_classifier("demo:judge").fingerprint
    assert load("classifier", "").name == "own_networks:classifier", "by which a request finds it again"
    with pytest.raises(ClassifierError, match="a whole Classifier, which takes no settings"):
        load("classifier")


WRONG = {
    "broken": "own_networks:broken failed: RuntimeError: a cause of several lines",
    "gone": "own_networks:gone failed: AttributeError: .*gone",
    "number": "gave a int; expected a torch.nn.Module or a Classifier",
    "maps": r"gives \(2, 4, 14, 14\) for 2 images; expected \(2, classes\): is it a classifier",
    "grey": "is made for grey images",
    "damaged": "gives NaN or infinity",
    "headless": "without a linear layer",
    "misnamed": "has 5 classes, but its file lists 1 names",
    "odd": "cannot be run on images of 16 x 16: .*is its size another",
}


@pytest.mark.filterwarnings("ignore:nothing says:ganmend.errors.GanmendWarning")
@pytest.mark.parametrize("function", WRONG)
def test_what_code_gives_wrongly_is_told_in_one_line(function: str) -> None:
    with pytest.raises(ClassifierError, match=WRONG[function]) as refused:
        load(function)
    assert "\n" not in str(refused.value)


def test_a_last_layer_that_is_not_called_is_told() -> None:
    with pytest.raises(ClassifierError, match=r"does not call its layer 'network.fc'"):
        load("unused")
