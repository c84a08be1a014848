"""Networks of a user's own by command line: named with their settings, tried before the generator is read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import ganmend.catalog.load
import ganmend.targets.load
import ganmend.workbench.networks
from ganmend.cli.options import NetworkOptions
from ganmend.errors import ClassifierError, OptionError
from ganmend.targets.load import load_classifier
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import load_result
from tests.cli.command import QUICK, TINY, names, run
from tests.conftest import CIFAR10
from tests.targets.own import MODEL, network

REAL_LOADER = load_classifier


@pytest.fixture(autouse=True)
def _real_loader(_small_things: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ganmend.workbench.networks, "load_classifier", REAL_LOADER)
    monkeypatch.setattr(ganmend.targets.load, "load_classifier", REAL_LOADER)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_a: object, **_k: object) -> None:
        raise AssertionError("the generator's weights were read")

    monkeypatch.setattr(ganmend.catalog.load, "read_file", read)


def save(file: str, seed: int = 0, **content: object) -> str:
    torch.manual_seed(seed)
    own = network(len(CIFAR10))
    own.fc.weight.data.normal_()
    torch.save({"state_dict": own.state_dict(), **content}, file)
    return f"timm:{MODEL}@{file}"


def test_a_class_is_mended_by_networks_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    guide, judge = save("a.pth", 1), save("b, too.pth", 2, classes=list(CIFAR10))
    words = ["repair", TINY, "frog", *names(), "--classifier", guide, "--judge", f"{judge},size=48"]
    settings = ["--classes", "names.txt", "--image-size", "32", "--mean", "0.5,0.4,0.3", "--std", "0.2", "--out", "o"]
    assert run(monkeypatch, *words, *settings, *QUICK) == 0
    result = load_result("o")
    assert result.classifier == f"{guide},classes=names.txt,size=32,mean=0.5/0.4/0.3,std=0.2"
    assert result.verdict is not None
    assert result.verdict.judge == f"{judge},size=48,classes=names.txt,mean=0.5/0.4/0.3,std=0.2", "its own size stays"


def test_options_go_to_a_users_own_networks() -> None:
    options = NetworkOptions(image_size=64)
    assert options.of(["a.pt", "torchvision:alexnet"], ["demo:judge", "b.pt,size=3"]) == [
        ("a.pt,size=64", "torchvision:alexnet"), ("demo:judge", "b.pt,size=3"),
    ]  # fmt: skip
    assert options.of(["torchvision:alexnet"], []) == [("torchvision:alexnet,size=64",), ()], "no other is there"
    assert NetworkOptions().of(["a.pt"]) == [("a.pt",)]
    with pytest.raises(OptionError, match="go with a network of your own; none was named"):
        options.of(["demo:search"], ["imagenet:judge"])


def write_code(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in the working folder that leaves a trace where it is imported."""
    Path(f"{module}.py").write_text("from pathlib import Path\nPath('ran').touch()\ndef net(): return 3\n")
    monkeypatch.syspath_prepend(".")
    monkeypatch.delitem(sys.modules, module, raising=False)


VERBS: dict[str, Callable[[str], list[str]]] = {
    "repair": lambda name: ["repair", TINY, "frog", "--classifier", name],
    "repurpose": lambda name: ["repurpose", TINY, "frog", "--classifier", name],
    "debias": lambda name: ["debias", TINY, "frog", "--classifier", name],
    "repair's judge": lambda name: ["repair", TINY, "frog", "--classifier", "demo:search", "--judge", name],
    "diagnose": lambda name: ["diagnose", TINY, "--classifier", name],
    "evaluate": lambda name: ["evaluate", TINY, "frog", "--judge", name],
    "sample": lambda name: ["sample", TINY, "frog", "--best", "2", "--of", "4", "--judge", name, "--out", "runs"],
    "augment": lambda name: ["augment", TINY, "--images", "train", "--per-class", "2", "--out", "runs",
                             "--classifier", name, "--judge", "demo:judge"],
    "statistics": lambda name: ["statistics", "photos", "--judge", name, "--out", "s.safetensors"],
}  # fmt: skip


@pytest.fixture
def _train() -> None:
    for name in ("frog", "ship"):
        Path("train", name).mkdir(parents=True)
        Image.new("RGB", (32, 32)).save(f"train/{name}/1.png")


@pytest.mark.usefixtures("unread", "_train")
@pytest.mark.parametrize("verb", VERBS)
def test_code_needs_a_users_word(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_code("my_code", monkeypatch)
    words = VERBS[verb]("my_code:net")
    assert run(monkeypatch, *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "my_code:net is Python code" in line
    assert "--allow-code" in line
    assert not Path("ran").exists()
    assert run(monkeypatch, *words, "--allow-code") == 2
    assert "gave a int; expected a torch.nn.Module" in " ".join(capsys.readouterr().err.split())
    assert Path("ran").exists()


@pytest.mark.usefixtures("unread", "_train")
@pytest.mark.parametrize("verb", VERBS)
def test_a_network_that_does_not_fit_is_told_before_the_generator_is_read(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = save("a.pth", classes=list(CIFAR10))
    Path("few.txt").write_text("frog\nship\n")
    for settings, told in (
        (["--classes", "few.txt"], "has 10 classes, but few.txt lists 2 names"),
        (["--mean", "123,116,103"], "mean, of images in [0, 1], is 123.0; expected at most 1"),
        (["--image-size", "0"], "size is 0; expected at least 1"),
        (["--classes", "gone.txt"], "no class-names file at gone.txt"),
    ):
        assert run(monkeypatch, *VERBS[verb](name), *settings) == 2
        assert told in " ".join(capsys.readouterr().err.split())
    assert not Path("runs").exists()


def test_a_request_carries_no_permission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_code("their_code", monkeypatch)
    values: dict[str, Any] = MendRequest("repair", "frog", _source(), "their_code:net").as_dict()
    with pytest.raises(ClassifierError, match="add --allow-code"):
        MendRequest.from_dict(values).workbench()
    with pytest.raises(OptionError, match="'allow_code', which none has"):
        MendRequest.from_dict(values | {"allow_code": True})
    assert not Path("ran").exists()
    with pytest.raises(ClassifierError, match="gave a int"):
        MendRequest.from_dict(values).workbench(allow_code=True)


def _source() -> Any:
    from ganmend.catalog.source import GeneratorSource

    return GeneratorSource(TINY)
